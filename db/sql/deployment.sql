-- name: settings
-- $1 names of the server's settings.
SELECT name, setting
  FROM pg_settings
 WHERE name = ANY($1::text[]);

-- name: clock
SELECT clock_timestamp();

-- name: power
-- Whether whoever is connected could make tables, or change a fact.
SELECT has_schema_privilege('public', 'CREATE') OR has_table_privilege('event', 'UPDATE')
       OR has_table_privilege('event', 'DELETE');

-- name: newest
-- $1 account ids. When the fact recorded last was, and was recorded; no row where there is none.
SELECT occurred_at, recorded_at
  FROM event
 WHERE account_id = ANY($1::uuid[])
 ORDER BY recorded_at DESC, occurred_at DESC
 LIMIT 1;

-- name: queue
-- How many deliveries were given up, and since when the longest due one waits.
SELECT coalesce(sum(CASE WHEN state = 'DEAD' THEN 1 ELSE 0 END), 0) AS dead,
       min(CASE WHEN state = 'PENDING' THEN due_at END) AS waiting_since
  FROM outbox;
