-- name: read
-- What a change of a meter is decided on, all of one snapshot: the numbers of its cycles, and
-- $24 the account's id: how often its numbers have changed, what it has set, and the marks that
-- were reached in $26 cycles; $25 a key or NULL: what came of the change that it names.
-- with: usage.of_cycles
UNION ALL
SELECT 'changes', NULL, NULL, NULL, a.changes, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM account AS a
 WHERE a.account_id = $24
UNION ALL
SELECT 'known', NULL, NULL, i.mutation, NULL, NULL, NULL, i.outcome::text,
       encode(i.input_hash, 'hex'), NULL, NULL, NULL, NULL
  FROM idempotency AS i
 WHERE i.account_id = $24 AND i.key = $25::text
UNION ALL
SELECT 'setting', NULL, NULL, s.kind, NULL, NULL, s.version, s.value::text, NULL, NULL, NULL, NULL,
       NULL
  FROM (SELECT DISTINCT ON (kind) kind, version, value
          FROM setting
         WHERE account_id = $24
         ORDER BY kind, version DESC) AS s
UNION ALL
SELECT 'mark', NULL, r.cycle, r.meter, max(r.arming), coalesce(max(a.arming), 0), NULL, r.mark,
       NULL, NULL, NULL, NULL, NULL
  FROM reminder AS r
  LEFT JOIN rearming AS a
    ON a.account_id = r.account_id AND a.meter = r.meter AND a.cycle = r.cycle AND a.mark = r.mark
 WHERE r.account_id = $24 AND r.cycle = ANY($26::integer[])
 GROUP BY r.meter, r.cycle, r.mark;

-- name: write
-- All that a change of a meter writes, if the account's numbers have changed $2 times and no more:
-- then one row comes back, otherwise none, and nothing is written.
-- $1 account id, $3 recorded_at; $4 to $13 the change; $14 to $17 its key, mutation, input and
-- outcome; then arrays, of equal length each: $18 to $25 grants, $26 to $31 marks reached,
-- $32 to $36 marks armed again, $37 to $42 notices.
WITH claimed AS (
    UPDATE account
       SET changes = changes + 1
     WHERE account_id = $1 AND changes = $2
    RETURNING account_id
), changed AS (
    INSERT INTO meter_change (account_id, meter, version, kind, cycle, amount, amount_before,
                              price_micros, effective_at, recorded_by, reason, recorded_at)
    SELECT account_id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $3
      FROM claimed
), kept AS (
    INSERT INTO idempotency (account_id, key, mutation, input_hash, outcome, recorded_at)
    SELECT account_id, $14, $15, $16, $17::jsonb, $3
      FROM claimed
), granted AS (
    INSERT INTO automatic_grant (account_id, grant_id, kind, cycle, amount, price_micros,
                                 effective_at, reason, recorded_at)
    SELECT new.*, $3
      FROM claimed
      JOIN unnest($18::uuid[], $19::uuid[], $20::text[], $21::integer[], $22::bigint[],
                  $23::bigint[], $24::timestamptz[], $25::text[])
           AS new (account_id, grant_id, kind, cycle, amount, price_micros, effective_at, reason)
        ON new.account_id = claimed.account_id
), reached AS (
    INSERT INTO reminder (account_id, meter, cycle, mark, arming, effective_at, recorded_at)
    SELECT new.*, $3
      FROM claimed
      JOIN unnest($26::uuid[], $27::text[], $28::integer[], $29::text[], $30::integer[],
                  $31::timestamptz[])
           AS new (account_id, meter, cycle, mark, arming, effective_at)
        ON new.account_id = claimed.account_id
), rearmed AS (
    INSERT INTO rearming (account_id, meter, cycle, mark, arming, recorded_at)
    SELECT new.*, $3
      FROM claimed
      JOIN unnest($32::uuid[], $33::text[], $34::integer[], $35::text[], $36::integer[])
           AS new (account_id, meter, cycle, mark, arming)
        ON new.account_id = claimed.account_id
), queued AS (
    INSERT INTO outbox (outbox_id, account_id, payload, target, language, due_at, recorded_at)
    SELECT new.outbox_id, new.account_id, new.payload::jsonb, new.target, new.language,
           new.due_at, $3
      FROM claimed
      JOIN unnest($37::uuid[], $38::uuid[], $39::text[], $40::text[], $41::text[],
                  $42::timestamptz[])
           AS new (outbox_id, account_id, payload, target, language, due_at)
        ON new.account_id = claimed.account_id
)
SELECT account_id
  FROM claimed;
