-- Claims idempotency keys for sessions, in (client, key) order; the claims that were won come back.
-- A key that another transaction is just claiming is waited for, then left out.
INSERT INTO idempotency_keys (client_id, key, session_id, body_digest)
SELECT client_id, key, session_id, body_digest
FROM unnest(%(client_ids)s::bigint[], %(keys)s::text[], %(session_ids)s::bigint[], %(body_digests)s::bytea[])
    AS claim (client_id, key, session_id, body_digest)
ORDER BY client_id, key COLLATE "C"
ON CONFLICT (client_id, key) DO NOTHING
RETURNING client_id, key
