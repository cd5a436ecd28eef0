-- Points that a moderator gives or takes, counting from now.
INSERT INTO game_sessions (user_id, score, game_mode, timestamp, client_id, kind)
VALUES (%(user_id)s, %(points)s, 'adjustment', now(), %(client_id)s, 'adjustment')
RETURNING id, timestamp
