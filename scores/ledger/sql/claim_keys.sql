-- Claims idempotency keys, in (client, key) order, and draws the ids of the sessions that they will stand
-- for; the claims that were won come back. A session of an unknown player claims nothing, it will be refused.
-- A key that another transaction is just claiming is waited for, then left out.
INSERT INTO idempotency_keys (client_id, key, session_id, body_digest)
SELECT client_id, key, nextval('game_sessions_id_seq'), body_digest
FROM (
    SELECT * FROM (
        SELECT claim.client_id, claim.key, claim.body_digest
        FROM unnest(%(client_ids)s::bigint[], %(keys)s::text[], %(body_digests)s::bytea[], %(user_ids)s::bigint[])
            AS claim (client_id, key, body_digest, user_id)
        JOIN users ON users.id = claim.user_id AND users.state <> 'erased'
        UNION ALL
        SELECT claim.client_id, claim.key, claim.body_digest
        FROM unnest(%(client_ids)s::bigint[], %(keys)s::text[], %(body_digests)s::bytea[], %(usernames)s::text[])
            AS claim (client_id, key, body_digest, username)
        JOIN users ON users.username = claim.username AND users.state <> 'erased'
    ) AS of_known_players
    ORDER BY client_id, key COLLATE "C"
) AS claim
ON CONFLICT (client_id, key) DO NOTHING
RETURNING client_id, key, session_id
