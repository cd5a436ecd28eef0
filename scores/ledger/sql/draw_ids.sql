-- The transaction's time and as many session ids as the batch may need, in ascending order.
-- Ids of refused or replayed sessions stay unused: gaps mean nothing.
SELECT now(), array(SELECT nextval('game_sessions_id_seq') FROM generate_series(1, %(count)s::int))
