-- What each player did in the minute that ends with the moment beside their id: how many sessions, and how
-- many points of those that count. Void ones are nothing; held ones are sessions, but gained nothing yet.
SELECT coalesce(sessions.number, 0), coalesce(sessions.points, 0)
FROM unnest(%(user_ids)s::bigint[], %(moments)s::timestamptz[]) WITH ORDINALITY AS item (user_id, moment, place)
CROSS JOIN LATERAL (
    SELECT count(*) AS number, sum(session.score) FILTER (WHERE session.held_at IS NULL)::bigint AS points
    FROM game_sessions AS session
    WHERE session.user_id = item.user_id AND session.kind = 'game' AND session.voided_at IS NULL
      AND session.timestamp > item.moment - interval '1 minute' AND session.timestamp <= item.moment
) AS sessions
ORDER BY item.place
