-- What earlier sessions were recorded under these keys, with the player's standing on the global board now.
SELECT claim.client_id, claim.key, idempotency_keys.body_digest,
       session.id, session.user_id, player.username, session.score, session.game_mode, session.outcome,
       session.timestamp,
       CASE WHEN player.state <> 'active' THEN 'banned' WHEN session.voided_at IS NOT NULL THEN 'voided'
            WHEN session.held_at IS NOT NULL THEN 'held' ELSE 'recorded' END,
       coalesce(standing.total_score, 0), coalesce(standing.sort_key, 0), coalesce(standing.hidden, true),
       coalesce(standing.rev, 0)
FROM unnest(%(client_ids)s::bigint[], %(keys)s::text[]) AS claim (client_id, key)
JOIN idempotency_keys USING (client_id, key)
JOIN game_sessions AS session ON session.id = idempotency_keys.session_id
JOIN users AS player ON player.id = session.user_id
LEFT JOIN leaderboard AS standing ON standing.user_id = session.user_id AND standing.window_id = %(window_id)s
