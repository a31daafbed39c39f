-- name: of_cycles
-- The usage of any cycles of any accounts by time, of one snapshot: rows of (part, place, meter,
-- day, amount). Places tell the caller's cycles apart. A piece of a day has its own start for day.
-- $1 to $4 conversation days: places, account ids, starts, ends; $5 to $8 pieces of days;
-- $9 to $12 charge days and $13 to $16 pieces, the same; $17 to $19 the cycles: places, account
-- ids, numbers.
SELECT 'day' AS part, r.place, 'CONVERSATIONS' AS meter, d.day, sum(d.n)::bigint AS amount
  FROM unnest($1::integer[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN conversation_day AS d
    ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.ends_at
 GROUP BY r.place, d.day
UNION ALL
SELECT 'day', r.place, 'CONVERSATIONS', r.starts_at, count(*)
  FROM unnest($5::integer[], $6::uuid[], $7::timestamptz[], $8::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN conversation AS c
    ON c.account_id = r.account_id AND c.closes_at >= r.starts_at AND c.closes_at < r.ends_at
 GROUP BY r.place, r.starts_at
UNION ALL
SELECT 'day', r.place, 'CARRIER', d.day, d.amount_micros
  FROM unnest($9::integer[], $10::uuid[], $11::timestamptz[], $12::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN spend_day AS d
    ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.ends_at
UNION ALL
SELECT 'day', r.place, 'CARRIER', r.starts_at, sum(e.amount_micros)::bigint
  FROM unnest($13::integer[], $14::uuid[], $15::timestamptz[], $16::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN event AS e
    ON e.account_id = r.account_id AND e.occurred_at >= r.starts_at AND e.occurred_at < r.ends_at
   AND e.type = 'carrier_charge'
 WHERE NOT EXISTS (SELECT 1
                     FROM event_reversal AS v
                    WHERE v.account_id = e.account_id AND v.source = e.source
                      AND v.event_id = e.event_id)
 GROUP BY r.place, r.starts_at
UNION ALL
SELECT 'stated', k.place, m.meter, NULL, coalesce(sum(l.amount), 0)::bigint
  FROM unnest($17::integer[], $18::uuid[], $19::integer[]) AS k (place, account_id, number)
  JOIN statement AS s ON s.account_id = k.account_id AND s.cycle = k.number
 CROSS JOIN unnest(ARRAY['CONVERSATIONS', 'CARRIER']) AS m (meter)
  LEFT JOIN statement_line AS l
    ON l.account_id = s.account_id AND l.cycle = s.cycle AND l.meter = m.meter
 GROUP BY k.place, m.meter
UNION ALL
SELECT 'adjusted', k.place, a.meter, NULL, sum(a.change)::bigint
  FROM unnest($17::integer[], $18::uuid[], $19::integer[]) AS k (place, account_id, number)
  JOIN adjustment AS a ON a.account_id = k.account_id AND a.booked_cycle = k.number
 GROUP BY k.place, a.meter
UNION ALL
SELECT 'adjusted', k.place, a.meter, NULL, -sum(a.change)::bigint
  FROM unnest($17::integer[], $18::uuid[], $19::integer[]) AS k (place, account_id, number)
  JOIN adjustment AS a ON a.account_id = k.account_id AND a.cycle = k.number
 GROUP BY k.place, a.meter;
