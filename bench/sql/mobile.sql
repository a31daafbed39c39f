-- What is left of an account's current cycle, as JSON.
-- $1 account id, $2 the cycle, $3 conversations included; $4 and $5 its days whose conversations
-- count, $6 and $7 the piece of a day after them; $8 and $9 its days of charges, $10 and $11 the
-- piece of a day after them; $12 the cycle's last day.
SELECT convert_to(
           '{"endsOn":"' || $12::text || '","conversationUsage":{"left":'
           || greatest(0, s.quota - s.used) || ',"percentOfQuota":'
           || CASE WHEN s.quota > 0 THEN (s.used * 100 / s.quota)::text ELSE 'null' END
           || '},"carrierBalance":{"left":"'
           || to_char(greatest(0, s.most - s.spent) / 1000000.0, 'FM999999999990.009999')
           || '","sendAllowed":' || (s.spent < s.most) || '}}', 'UTF8')
  FROM (SELECT $3::integer + 100 * (coalesce(l.committed, 0) + coalesce(l.blocks, 0)
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
          FROM (SELECT (array_agg(c.amount ORDER BY c.version DESC)
                            FILTER (WHERE c.meter = 'CONVERSATIONS' AND c.kind = 'COMMITMENT'
                                      AND c.cycle <= $2::integer))[1] AS committed,
                       (array_agg(c.amount ORDER BY c.version DESC)
                            FILTER (WHERE c.meter = 'CARRIER' AND c.kind = 'COMMITMENT'
                                      AND c.cycle <= $2))[1] AS balance,
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
                              WHERE account_id = $1 AND cycle = $2) AS a) AS j) AS s;
