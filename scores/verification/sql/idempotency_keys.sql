-- Every key has its client, and stands for a session of that client; no two stand for the same one.
SELECT format(
    'Idempotency key %L of client %s, for session %s: %s.', claim.key, claim.client_id, claim.session_id,
    CASE WHEN client.id IS NULL THEN 'there is no such client'
         WHEN session.id IS NULL THEN 'there is no such session'
         WHEN session.client_id <> claim.client_id THEN format('the session is of client %s', session.client_id)
         ELSE 'another key stands for the same session' END
)
FROM (SELECT *, count(*) OVER (PARTITION BY session_id) AS keys_of_session FROM idempotency_keys) AS claim
LEFT JOIN clients AS client ON client.id = claim.client_id
LEFT JOIN game_sessions AS session ON session.id = claim.session_id
WHERE client.id IS NULL OR session.id IS NULL OR session.client_id <> claim.client_id OR claim.keys_of_session > 1
