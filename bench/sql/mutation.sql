-- A commitment to conversations from the next cycle on, and its answer as JSON; no row where the
-- meter has another version, the amount is in force or it was done before.
-- $1 to $11 as in mobile.sql; $12 the version that is expected, $13 blocks, $14 the key, $15 the
-- input's hash, $16 who, $17 now, $18 the start and $19 the first day of the next cycle, $20 the
-- price of a block, $21 the most blocks, $22 that start and $23 now as they are shown.
WITH stand AS (
    SELECT coalesce(l.committed, 0) AS committed,
           coalesce(l.coming, 0) AS coming, coalesce(l.version, 0) AS version, o.changes,
           $3::integer + 100 * coalesce(l.committed, 0) AS commitment,
           $3 + 100 * (coalesce(l.committed, 0) + coalesce(l.blocks, 0)
                                + coalesce(g.blocks, 0) - coalesce(v.blocks, 0)) AS quota,
           coalesce(l.balance, 0) + coalesce(l.topped_up, 0) + coalesce(g.topped_up, 0)
           - coalesce(v.topped_up, 0) AS most,
           coalesce((SELECT sum(d.n)
                       FROM conversation_day AS d
                      WHERE d.account_id = $1 AND d.day >= $4::timestamptz
                        AND d.day < $5::timestamptz), 0)::bigint
           + (SELECT count(*)
                FROM conversation AS c
               WHERE c.account_id = $1 AND c.closes_at >= $6::timestamptz
                 AND c.closes_at < $7::timestamptz)
           + coalesce(j.conversations, 0) AS used,
           coalesce((SELECT sum(d.amount_micros)
                       FROM spend_day AS d
                      WHERE d.account_id = $1 AND d.day >= $8::timestamptz
                        AND d.day < $9::timestamptz), 0)::bigint
           + coalesce((SELECT sum(e.amount_micros)
                         FROM event AS e
                        WHERE e.account_id = $1 AND e.occurred_at >= $10::timestamptz
                          AND e.occurred_at < $11::timestamptz AND e.type = 'carrier_charge'
                          AND NOT EXISTS (SELECT 1
                                            FROM event_reversal AS r
                                           WHERE r.account_id = e.account_id
                                             AND r.source = e.source
                                             AND r.event_id = e.event_id)), 0)::bigint
           + coalesce(j.micros, 0) AS spent
      FROM account AS o
     CROSS JOIN (SELECT (array_agg(c.amount ORDER BY c.version DESC)
                        FILTER (WHERE c.meter = 'CONVERSATIONS' AND c.kind = 'COMMITMENT'
                                  AND c.cycle <= $2::integer))[1] AS committed,
                   (array_agg(c.amount ORDER BY c.version DESC)
                        FILTER (WHERE c.meter = 'CARRIER' AND c.kind = 'COMMITMENT'
                                  AND c.cycle <= $2))[1] AS balance,
                   (array_agg(c.amount ORDER BY c.version DESC)
                        FILTER (WHERE c.meter = 'CONVERSATIONS' AND c.kind = 'COMMITMENT'
                                  AND c.cycle <= $2 + 1))[1] AS coming,
                   max(c.version) FILTER (WHERE c.meter = 'CONVERSATIONS') AS version,
                   sum(c.amount) FILTER (WHERE c.kind = 'BLOCKS' AND c.cycle = $2)::bigint
                       AS blocks,
                   sum(c.amount) FILTER (WHERE c.kind = 'TOP_UP' AND c.cycle = $2)::bigint
                       AS topped_up
              FROM meter_change AS c
             WHERE c.account_id = $1::uuid) AS l
     CROSS JOIN (SELECT sum(t.amount) FILTER (WHERE t.kind = 'BLOCKS')::bigint AS blocks,
                        sum(t.amount) FILTER (WHERE t.kind = 'TOP_UP')::bigint AS topped_up
                   FROM automatic_grant AS t
                  WHERE t.account_id = $1 AND t.cycle = $2) AS g
     CROSS JOIN (SELECT sum(r.amount) FILTER (WHERE r.kind LIKE '%BLOCKS')::bigint AS blocks,
                        sum(r.amount) FILTER (WHERE r.kind LIKE '%TOP_UP')::bigint AS topped_up
                   FROM grant_reversal AS r
                  WHERE r.account_id = $1 AND r.cycle = $2) AS v
     CROSS JOIN (SELECT sum(a.sign * a.change)
                            FILTER (WHERE a.meter = 'CONVERSATIONS')::bigint AS conversations,
                        sum(a.sign * a.change) FILTER (WHERE a.meter = 'CARRIER')::bigint
                            AS micros
                   FROM (SELECT 1 AS sign, meter, change
                           FROM adjustment
                          WHERE account_id = $1 AND booked_cycle = $2
                         UNION ALL
                         SELECT -1, meter, change
                           FROM adjustment
                          WHERE account_id = $1 AND cycle = $2) AS a) AS j
     WHERE o.account_id = $1
), claimed AS (
    UPDATE account AS a
       SET changes = a.changes + 1
      FROM stand AS s
     WHERE a.account_id = $1 AND a.changes = s.changes AND s.version = $12::integer
       AND s.committed > 0 AND $13::integer <= $21::integer
       AND ($13 <> s.committed OR s.coming <> s.committed)
       AND NOT EXISTS (SELECT 1 FROM idempotency AS i WHERE i.account_id = $1 AND i.key = $14::text)
    RETURNING s.*
), answer AS (
    SELECT c.version, c.committed,
           '{"kind":"COMMITMENT","version":' || c.version + 1 || ',"cycleNumber":' || $2 + 1
           || ',"price":"' || to_char($13 * $20::bigint / 1000000.0, 'FM999999999990.009999')
           || '","effectiveAt":"' || $22::text || '","effectiveOn":"' || $19::text
           || '","computedAt":"' || $23::text || '","conversationUsage":{"version":'
           || c.version + 1 || ',"commitment":' || c.commitment || ',"quota":' || c.quota
           || ',"used":' || c.used || ',"left":' || greatest(0, c.quota - c.used)
           || ',"percentOfQuota":'
           || CASE WHEN c.quota > 0 THEN (c.used * 100 / c.quota)::text ELSE 'null' END
           || ',"scheduledChange":'
           || CASE
                  WHEN $13 = c.committed THEN 'null'
                  ELSE '{"blocks":' || $13 || ',"effectiveOn":"' || $19 || '"}'
              END
           || '},"carrierBalance":{"limit":"'
           || to_char(c.most / 1000000.0, 'FM999999999990.009999') || '","spent":"'
           || to_char(c.spent / 1000000.0, 'FM999999999990.009999') || '","left":"'
           || to_char(greatest(0, c.most - c.spent) / 1000000.0, 'FM999999999990.009999')
           || '","sendAllowed":' || (c.spent < c.most) || '}}' AS text
      FROM claimed AS c
), changed AS (
    INSERT INTO meter_change (account_id, meter, version, kind, cycle, amount, amount_before,
                              price_micros, effective_at, recorded_at, recorded_by, reason)
    SELECT $1, 'CONVERSATIONS', version + 1, 'COMMITMENT', $2 + 1, $13, committed, $13 * $20,
           $18::timestamptz, $17::timestamptz, $16::text, 'changeConversationCommitment'
      FROM answer
), kept AS (
    INSERT INTO idempotency (account_id, key, mutation, input_hash, outcome, recorded_at)
    SELECT $1, $14, 'changeConversationCommitment', $15::bytea, text::jsonb, $17
      FROM answer
)
SELECT convert_to(text, 'UTF8')
  FROM answer;
