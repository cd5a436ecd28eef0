-- Every session has its player and its client; no constraint says so (migration 0006).
SELECT format(
    'Session %s: there is no %s.', session.id,
    concat_ws(
        ' and no ',
        CASE WHEN player.id IS NULL THEN format('user with id %s', session.user_id) END,
        CASE WHEN client.id IS NULL THEN format('client with id %s', session.client_id) END
    )
)
FROM game_sessions AS session
LEFT JOIN users AS player ON player.id = session.user_id
LEFT JOIN clients AS client ON client.id = session.client_id
WHERE player.id IS NULL OR client.id IS NULL
