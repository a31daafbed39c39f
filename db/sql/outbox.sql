-- name: insert
-- $1 recorded_at; then arrays of equal length.
INSERT INTO outbox (outbox_id, account_id, payload, target, language, due_at, recorded_at)
SELECT outbox_id, account_id, payload::jsonb, target, language, due_at, $1
  FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
       AS new (outbox_id, account_id, payload, target, language, due_at);

-- name: claim
-- Take what is due and nobody else has taken: it is due again at $2, if it is not settled by then.
-- $1 now, $2 the end of the claim, $3 how many.
UPDATE outbox
   SET due_at = $2, attempts = attempts + 1
 WHERE outbox_id = ANY (ARRAY(SELECT outbox_id -- an array is made once, a join may ask again
                                FROM outbox
                               WHERE state = 'PENDING' AND due_at <= $1
                               ORDER BY due_at
                               LIMIT $3
                                 FOR NO KEY UPDATE SKIP LOCKED))
RETURNING outbox_id, account_id, payload, target, language, attempts, recorded_at;

-- name: settle
-- $1 outbox id, $2 how many attempts the claim has seen, $3 state, $4 error or NULL, $5 now.
-- A claim that has run out and was taken by another settles nothing.
UPDATE outbox
   SET state = $3, error = $4, settled_at = $5
 WHERE outbox_id = $1 AND state = 'PENDING' AND attempts = $2
RETURNING outbox_id;

-- name: postpone
-- $1 outbox id, $2 how many attempts the claim has seen, $3 error, $4 when it is due again.
UPDATE outbox
   SET error = $3, due_at = $4
 WHERE outbox_id = $1 AND state = 'PENDING' AND attempts = $2;

-- name: dead
-- What was given up, newest first. $1 and $2 the one after which to go on, or NULLs; $3 how many.
SELECT outbox_id, account_id, payload, target, language, attempts, recorded_at, error, settled_at
  FROM outbox
 WHERE state = 'DEAD'
   AND ($1::timestamptz IS NULL OR (recorded_at, outbox_id) < ($1, $2::text::uuid))
 ORDER BY recorded_at DESC, outbox_id DESC
 LIMIT $3;

-- name: backlog
-- What waits, when the first of that was or is due, and what was given up: each from its index.
SELECT (SELECT count(*) FROM outbox WHERE state = 'PENDING') AS pending,
       (SELECT min(due_at) FROM outbox WHERE state = 'PENDING') AS due_at,
       (SELECT count(*) FROM outbox WHERE state = 'DEAD') AS dead;

-- name: replay
-- $1 outbox id, $2 when it is due. Only what was given up.
UPDATE outbox
   SET state = 'PENDING', attempts = 0, due_at = $2, settled_at = NULL
 WHERE outbox_id = $1 AND state = 'DEAD'
RETURNING outbox_id, account_id, payload, target, language, attempts, recorded_at;

-- name: exists
-- $1 outbox id.
SELECT count(*) > 0
  FROM outbox
 WHERE outbox_id = $1;

-- name: forget
-- $1 until when what was settled then is forgotten; what was given up is kept.
DELETE FROM outbox
 WHERE state IN ('DONE', 'DROPPED') AND settled_at < $1;
