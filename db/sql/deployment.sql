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

-- name: queue
-- How many deliveries were given up, and since when the longest due one waits.
SELECT coalesce(sum(CASE WHEN state = 'DEAD' THEN 1 ELSE 0 END), 0) AS dead,
       min(CASE WHEN state = 'PENDING' THEN due_at END) AS waiting_since
  FROM outbox;
