-- Charges of accounts. $1 account ids, $2 the start of their cycle 0, $3 microseconds from one
-- charge to the next, $4 features, $5 now.
INSERT INTO event (account_id, source, event_id, type, occurred_at, recorded_at, counts, feature,
                   amount_micros, currency)
SELECT c.account_id, '/bench', 'p-' || lpad(c.i::text, 8, '0'), 'carrier_charge', c.occurred_at,
       c.occurred_at, false, c.feature, 50000 + c.i * 104729 % 1500000, 'EUR'
  FROM (SELECT a.account_id, n.i, ($4::text[])[1 + n.i % cardinality($4)] AS feature,
               a.starts_at + (n.i * $3::bigint + n.i * 7919000000 % (2 * $3)) * interval '1 microsecond'
               AS occurred_at
          FROM unnest($1::uuid[], $2::timestamptz[]) AS a (account_id, starts_at)
         CROSS JOIN LATERAL generate_series(
                   0, (extract(epoch FROM $5::timestamptz - a.starts_at) * 1000000 / $3)::bigint
               ) AS n (i)) AS c
 WHERE c.occurred_at < $5
 ORDER BY c.account_id, c.i;
