-- name: latest
-- $1 account ids. The last cycle of each that has a statement; nothing where none has.
SELECT account_id, max(cycle) AS cycle
  FROM statement
 WHERE account_id = ANY($1::uuid[])
 GROUP BY account_id;

-- name: insert
-- $1 account id, $2 recorded_at, $3 cycles.
INSERT INTO statement (account_id, cycle, recorded_at)
SELECT $1, cycle, $2
  FROM unnest($3::integer[]) AS new (cycle);

-- name: insert_lines
-- $1 account id; then arrays of equal length: cycles, meters, labels, amounts, numbers.
INSERT INTO statement_line (account_id, cycle, meter, label, amount, n)
SELECT $1, cycle, meter, label, amount, n
  FROM unnest($2::integer[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
       AS new (cycle, meter, label, amount, n);
