-- name: insert
INSERT INTO service_key (prefix, name, secret_hash, scopes, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: by_prefix
-- $1 prefix.
SELECT prefix, name, secret_hash, scopes, created_at, expires_at, revoked_at, last_used_at
  FROM service_key
 WHERE prefix = $1;

-- name: listed
SELECT prefix, name, secret_hash, scopes, created_at, expires_at, revoked_at, last_used_at
  FROM service_key
 ORDER BY created_at, prefix;

-- name: revoke
-- $1 prefix, $2 now. The first revocation stands.
UPDATE service_key
   SET revoked_at = $2
 WHERE prefix = $1 AND revoked_at IS NULL
RETURNING prefix;

-- name: touch
-- $1 prefix, $2 now, $3 the last use that is old enough to be replaced.
-- A row that somebody else holds is passed over, never waited for.
UPDATE service_key
   SET last_used_at = $2
 WHERE prefix = (SELECT prefix
                   FROM service_key
                  WHERE prefix = $1 AND (last_used_at IS NULL OR last_used_at <= $3)
                    FOR NO KEY UPDATE SKIP LOCKED);
