-- The transaction's time and session ids for those sessions that draw none with an idempotency key.
-- Ids of refused sessions stay unused: gaps mean nothing. From here on no row is waited for long: a
-- batch waits for the row of one player, and its neighbours wait with it.
SELECT now(), array(SELECT nextval('game_sessions_id_seq') FROM generate_series(1, %(count)s::int)),
       set_config('lock_timeout', '300ms', true)
