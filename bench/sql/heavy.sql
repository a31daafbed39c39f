-- Accounts with their cycles, as JSON.
-- $1 to $5 accounts: ids, plans, time zones, the first and the last closed cycle, all of which have
-- statements; $6 to $11 their cycles, newest first: account ids, numbers, states, first and last
-- days, conversations included; $12 to $15 days whose conversations count in open cycles: account
-- ids, numbers, starts, ends; $16 to $19 pieces of days, the same; $20 to $23 days of charges and
-- $24 to $27 pieces, the same.
WITH line AS (
    SELECT l.account_id, l.cycle AS number, l.meter, l.label, l.amount
      FROM unnest($1::uuid[], $4::integer[], $5::integer[]) AS a (account_id, since, until)
      JOIN statement_line AS l
        ON l.account_id = a.account_id AND l.cycle >= a.since AND l.cycle <= a.until
    UNION ALL
    SELECT s.account_id, s.number, s.meter, s.label, sum(s.amount)::bigint
      FROM (SELECT r.account_id, r.number, 'CONVERSATIONS' AS meter, d.channel AS label,
                   d.n::bigint AS amount
              FROM unnest($12::uuid[], $13::integer[], $14::timestamptz[], $15::timestamptz[])
                   AS r (account_id, number, starts_at, ends_at)
              JOIN conversation_day AS d
                ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.ends_at
            UNION ALL
            SELECT r.account_id, r.number, 'CONVERSATIONS', c.channel, 1
              FROM unnest($16::uuid[], $17::integer[], $18::timestamptz[], $19::timestamptz[])
                   AS r (account_id, number, starts_at, ends_at)
              JOIN conversation AS c
                ON c.account_id = r.account_id AND c.closes_at >= r.starts_at
               AND c.closes_at < r.ends_at
            UNION ALL
            SELECT r.account_id, r.number, 'CARRIER', d.feature, d.amount_micros
              FROM unnest($20::uuid[], $21::integer[], $22::timestamptz[], $23::timestamptz[])
                   AS r (account_id, number, starts_at, ends_at)
              JOIN charge_day AS d
                ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.ends_at
            UNION ALL
            SELECT r.account_id, r.number, 'CARRIER', e.feature, e.amount_micros
              FROM unnest($24::uuid[], $25::integer[], $26::timestamptz[], $27::timestamptz[])
                   AS r (account_id, number, starts_at, ends_at)
              JOIN event AS e
                ON e.account_id = r.account_id AND e.occurred_at >= r.starts_at
               AND e.occurred_at < r.ends_at AND e.type = 'carrier_charge'
             WHERE NOT EXISTS (SELECT 1
                                 FROM event_reversal AS v
                                WHERE v.account_id = e.account_id AND v.source = e.source
                                  AND v.event_id = e.event_id)
            UNION ALL
            SELECT j.account_id, j.booked_cycle, j.meter, j.label, j.change
              FROM unnest($12::uuid[], $13::integer[]) AS r (account_id, number)
              JOIN adjustment AS j ON j.account_id = r.account_id AND j.booked_cycle = r.number
            UNION ALL
            SELECT j.account_id, j.cycle, j.meter, j.label, -j.change
              FROM unnest($12::uuid[], $13::integer[]) AS r (account_id, number)
              JOIN adjustment AS j ON j.account_id = r.account_id AND j.cycle = r.number) AS s
     GROUP BY s.account_id, s.number, s.meter, s.label
    HAVING sum(s.amount) <> 0
), sums AS (
    SELECT account_id, number,
           coalesce(sum(amount) FILTER (WHERE meter = 'CONVERSATIONS'), 0)::bigint AS used,
           string_agg('{"channel":"' || label || '","used":' || amount || '}', ',')
               FILTER (WHERE meter = 'CONVERSATIONS') AS channels,
           string_agg(label, '","used":null},{"channel":"')
               FILTER (WHERE meter = 'CONVERSATIONS') AS channels_to_come,
           coalesce(sum(amount) FILTER (WHERE meter = 'CARRIER'), 0)::bigint AS spent,
           string_agg('{"feature":"' || label || '","amount":"'
                      || to_char(amount / 1000000.0, 'FM999999999990.009999') || '"}', ',')
               FILTER (WHERE meter = 'CARRIER') AS features
      FROM (SELECT account_id, number, meter, label, amount
              FROM line
             ORDER BY account_id, number, CASE meter WHEN 'CARRIER' THEN -amount END, label) AS l
     GROUP BY account_id, number
), commitment AS (
    SELECT c.account_id, c.meter, c.amount, c.cycle AS since,
           coalesce(min(c.cycle) OVER (PARTITION BY c.account_id, c.meter ORDER BY c.version DESC
                                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                    2147483647) AS until
      FROM unnest($1::uuid[]) AS a (account_id)
      JOIN meter_change AS c ON c.account_id = a.account_id
     WHERE c.kind = 'COMMITMENT'
), granted AS (
    SELECT g.account_id, g.cycle,
           sum(g.amount) FILTER (WHERE g.kind = 'BLOCKS')::bigint AS blocks,
           sum(g.amount) FILTER (WHERE g.kind = 'TOP_UP')::bigint AS topped_up
      FROM (SELECT c.account_id, c.cycle, c.kind, c.amount
              FROM unnest($1::uuid[]) AS a (account_id)
              JOIN meter_change AS c ON c.account_id = a.account_id
             WHERE c.kind <> 'COMMITMENT'
            UNION ALL
            SELECT t.account_id, t.cycle, t.kind, t.amount
              FROM unnest($1::uuid[]) AS a (account_id)
              JOIN automatic_grant AS t ON t.account_id = a.account_id
            UNION ALL
            SELECT v.account_id, v.cycle, replace(v.kind, 'AUTOMATIC_', ''), -v.amount
              FROM unnest($1::uuid[]) AS a (account_id)
              JOIN grant_reversal AS v ON v.account_id = a.account_id) AS g
     GROUP BY g.account_id, g.cycle
), cycle AS (
    SELECT k.account_id, k.place, k.number, k.state, k.starts_on, k.ends_on,
           coalesce(s.used, 0) AS used, s.channels, s.channels_to_come,
           coalesce(s.spent, 0) AS spent, s.features,
           k.included + 100 * coalesce(b.amount, 0) AS commitment,
           k.included + 100 * (coalesce(b.amount, 0) + coalesce(g.blocks, 0)) AS quota,
           coalesce(m.amount, 0) AS committed, coalesce(g.topped_up, 0) AS topped_up,
           coalesce(m.amount, 0) + coalesce(g.topped_up, 0) AS most
      FROM unnest($6::uuid[], $7::integer[], $8::text[], $9::text[], $10::text[], $11::integer[])
           WITH ORDINALITY AS k (account_id, number, state, starts_on, ends_on, included, place)
      LEFT JOIN sums AS s ON s.account_id = k.account_id AND s.number = k.number
      LEFT JOIN commitment AS b
        ON b.account_id = k.account_id AND b.meter = 'CONVERSATIONS' AND b.since <= k.number
       AND k.number < b.until
      LEFT JOIN commitment AS m
        ON m.account_id = k.account_id AND m.meter = 'CARRIER' AND m.since <= k.number
       AND k.number < m.until
      LEFT JOIN granted AS g ON g.account_id = k.account_id AND g.cycle = k.number
), page AS (
    SELECT account_id, string_agg(
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
               || '}', ',' ORDER BY place) AS cycles
      FROM cycle
     GROUP BY account_id
)
SELECT convert_to(string_agg(
           '{"name":' || to_json(o.name) || ',"plan":' || to_json(a.plan) || ',"timeZone":"'
           || a.time_zone || '","cycles":{"nodes":[' || p.cycles || ']}}', ',' ORDER BY a.place), 'UTF8')
  FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY
       AS a (account_id, plan, time_zone, place)
  JOIN account AS o ON o.account_id = a.account_id
  JOIN page AS p ON p.account_id = a.account_id;
