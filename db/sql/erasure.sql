-- name: take_right
-- Until the end of the transaction, act as the role that may exchange a contact, where the session
-- may not by itself. $1 the role.
SELECT set_config('role', $1, true)
 WHERE NOT has_column_privilege('event', 'contact', 'UPDATE');

-- name: leave_right
SELECT set_config('role', 'none', true);

-- name: take_time
-- $1 how long a statement of this transaction may take.
SELECT set_config('statement_timeout', $1, true);

-- name: messages
-- No index leads to messages that do not count: all of the account's are looked at.
-- $1 account id, $2 contact, $3 what takes its place.
UPDATE event
   SET contact = $3
 WHERE account_id = $1 AND contact = $2;

-- name: conversations
-- $1 account id, $2 contact, $3 what takes its place.
UPDATE conversation
   SET contact = $3
 WHERE account_id = $1 AND contact = $2;

-- name: insert
INSERT INTO erasure (account_id, erasure_id, messages, conversations, recorded_at, recorded_by,
                     reason)
VALUES ($1, $2, $3, $4, $5, $6, $7);
