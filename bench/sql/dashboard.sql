-- An account's cycles, as JSON.
-- $1 account id, $2 plan, $3 time zone, $4 and $5 the first and the last closed cycle, all of which
-- have statements; $6 to $10 its cycles, newest first: numbers, states, first and last days,
-- conversations included; $11 the oldest open cycle, $12 where it and those after it start; $13 and
-- $14 their days whose conversations count, $15 and $16 the piece of a day after them, $17 and $18
-- their days of charges, $19 and $20 the piece of a day after them.
WITH line AS (
    SELECT cycle AS number, meter, label, amount
      FROM statement_line
     WHERE account_id = $1::uuid AND cycle >= $4::integer AND cycle <= $5::integer
    UNION ALL
    SELECT s.number, s.meter, s.label, sum(s.amount)::bigint
      FROM (SELECT $11::integer - 1 + width_bucket(day, $12::timestamptz[]) AS number,
                   'CONVERSATIONS' AS meter, channel AS label, n::bigint AS amount
              FROM conversation_day
             WHERE account_id = $1 AND day >= $13::timestamptz AND day < $14::timestamptz
            UNION ALL
            SELECT $11 - 1 + width_bucket(closes_at, $12), 'CONVERSATIONS', channel, 1::bigint
              FROM conversation
             WHERE account_id = $1 AND closes_at >= $15::timestamptz
               AND closes_at < $16::timestamptz
            UNION ALL
            SELECT $11 - 1 + width_bucket(day, $12), 'CARRIER', feature, amount_micros
              FROM charge_day
             WHERE account_id = $1 AND day >= $17::timestamptz AND day < $18::timestamptz
            UNION ALL
            SELECT $11 - 1 + width_bucket(e.occurred_at, $12), 'CARRIER', e.feature,
                   e.amount_micros
              FROM event AS e
             WHERE e.account_id = $1 AND e.occurred_at >= $19::timestamptz
               AND e.occurred_at < $20::timestamptz AND e.type = 'carrier_charge'
               AND NOT EXISTS (SELECT 1
                                 FROM event_reversal AS v
                                WHERE v.account_id = e.account_id AND v.source = e.source
                                  AND v.event_id = e.event_id)
            UNION ALL
            SELECT booked_cycle, meter, label, change
              FROM adjustment
             WHERE account_id = $1 AND booked_cycle >= $11
            UNION ALL
            SELECT cycle, meter, label, -change
              FROM adjustment
             WHERE account_id = $1 AND cycle >= $11) AS s
     GROUP BY s.number, s.meter, s.label
    HAVING sum(s.amount) <> 0
), sums AS (
    SELECT number,
           coalesce(sum(amount) FILTER (WHERE meter = 'CONVERSATIONS'), 0)::bigint AS used,
           string_agg('{"channel":"' || label || '","used":' || amount || '}', ',')
               FILTER (WHERE meter = 'CONVERSATIONS') AS channels,
           string_agg(label, '","used":null},{"channel":"')
               FILTER (WHERE meter = 'CONVERSATIONS') AS channels_to_come,
           coalesce(sum(amount) FILTER (WHERE meter = 'CARRIER'), 0)::bigint AS spent,
           string_agg('{"feature":"' || label || '","amount":"'
                      || to_char(amount / 1000000.0, 'FM999999999990.009999') || '"}', ',')
               FILTER (WHERE meter = 'CARRIER') AS features
      FROM (SELECT number, meter, label, amount
              FROM line
             ORDER BY number, CASE meter WHEN 'CARRIER' THEN -amount END, label) AS l
     GROUP BY number
), commitment AS (
    SELECT meter, amount, cycle AS since,
           coalesce(min(cycle) OVER (PARTITION BY meter ORDER BY version DESC
                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                    2147483647) AS until
      FROM meter_change
     WHERE account_id = $1 AND kind = 'COMMITMENT'
), granted AS (
    SELECT g.cycle,
           sum(g.amount) FILTER (WHERE g.kind = 'BLOCKS')::bigint AS blocks,
           sum(g.amount) FILTER (WHERE g.kind = 'TOP_UP')::bigint AS topped_up
      FROM (SELECT cycle, kind, amount
              FROM meter_change
             WHERE account_id = $1 AND kind <> 'COMMITMENT'
            UNION ALL
            SELECT cycle, kind, amount
              FROM automatic_grant
             WHERE account_id = $1
            UNION ALL
            SELECT cycle, replace(kind, 'AUTOMATIC_', ''), -amount
              FROM grant_reversal
             WHERE account_id = $1) AS g
     GROUP BY g.cycle
), cycle AS (
    SELECT k.place, k.number, k.state, k.starts_on, k.ends_on, coalesce(s.used, 0) AS used,
           s.channels, s.channels_to_come, coalesce(s.spent, 0) AS spent, s.features,
           k.included + 100 * coalesce(b.amount, 0) AS commitment,
           k.included + 100 * (coalesce(b.amount, 0) + coalesce(g.blocks, 0)) AS quota,
           coalesce(m.amount, 0) AS committed, coalesce(g.topped_up, 0) AS topped_up,
           coalesce(m.amount, 0) + coalesce(g.topped_up, 0) AS most
      FROM unnest($6::integer[], $7::text[], $8::text[], $9::text[], $10::integer[])
           WITH ORDINALITY AS k (number, state, starts_on, ends_on, included, place)
      LEFT JOIN sums AS s ON s.number = k.number
      LEFT JOIN commitment AS b
        ON b.meter = 'CONVERSATIONS' AND b.since <= k.number AND k.number < b.until
      LEFT JOIN commitment AS m
        ON m.meter = 'CARRIER' AND m.since <= k.number AND k.number < m.until
      LEFT JOIN granted AS g ON g.cycle = k.number
     ORDER BY k.place
)
SELECT convert_to(
           '{"name":' || to_json(o.name) || ',"plan":' || to_json($2::text) || ',"timeZone":"'
           || $3::text || '","cycles":{"nodes":[' || p.cycles || ']}}', 'UTF8')
  FROM account AS o
 CROSS JOIN (SELECT string_agg(
               '{"number":' || number || ',"state":"' || state || '","startsOn":"' || starts_on
               || '","endsOn":"' || ends_on || '","conversationUsage":{'
               || CASE state
                      WHEN 'FUTURE' THEN '"commitment":null,"quota":null,"used":null,"pending":'
                          || used || ',"left":null,"over":null,"percentOfQuota":null,"byChannel":['
                          || coalesce('{"channel":"' || channels_to_come || '","used":null}', '')
                          || ']},"carrierBalance":null'
                      ELSE '"commitment":' || commitment || ',"quota":' || quota || ',"used":'
                          || used || ',"pending":0,"left":' || greatest(0, quota - used)
                          || ',"over":' || greatest(0, used - quota) || ',"percentOfQuota":'
                          || CASE WHEN quota > 0 THEN (used * 100 / quota)::text ELSE 'null' END
                          || ',"byChannel":[' || coalesce(channels, '')
                          || ']},"carrierBalance":{"commitment":"'
                          || to_char(committed / 1000000.0, 'FM999999999990.009999')
                          || '","toppedUp":"'
                          || to_char(topped_up / 1000000.0, 'FM999999999990.009999')
                          || '","limit":"' || to_char(most / 1000000.0, 'FM999999999990.009999')
                          || '","spent":"' || to_char(spent / 1000000.0, 'FM999999999990.009999')
                          || '","left":"' || to_char(greatest(0, most - spent) / 1000000.0,
                                                     'FM999999999990.009999')
                          || '","overspent":"' || to_char(greatest(0, spent - most) / 1000000.0,
                                                          'FM999999999990.009999')
                          || '","percent":'
                          || CASE WHEN most > 0 THEN (spent * 100 / most)::text ELSE 'null' END
                          || ',"sendAllowed":' || (state = 'CURRENT' AND spent < most)
                          || ',"byFeature":[' || coalesce(features, '') || ']}'
                  END
               || '}', ',') AS cycles
      FROM cycle) AS p
 WHERE o.account_id = $1;
