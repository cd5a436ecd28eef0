-- Every suspicion is about a session, and about its player. A session is held for as long as a suspicion that
-- holds it is open.
SELECT format(
    'Suspicion %s of session %s: %s.', suspicion.id, suspicion.session_id,
    CASE WHEN session.id IS NULL THEN 'there is no such session'
         WHEN session.user_id <> suspicion.player_id THEN format('the session is of player %s', session.user_id)
         ELSE 'it is open and holds the session, which is not held' END
)
FROM suspicions AS suspicion
LEFT JOIN game_sessions AS session ON session.id = suspicion.session_id
WHERE session.id IS NULL OR session.user_id <> suspicion.player_id
   OR suspicion.held AND suspicion.verdict = 'open' AND session.held_at IS NULL
