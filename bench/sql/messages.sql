-- Messages of accounts, each of which opens a conversation with a contact of its own.
-- $1 account ids, $2 the start of their cycle 0, $3 microseconds from one message to the next,
-- $4 channels, $5 now.
INSERT INTO event (account_id, source, event_id, type, occurred_at, recorded_at, contact, channel,
                   direction, automated, kind, counts)
SELECT m.account_id, '/bench', 'm-' || lpad(m.i::text, 8, '0'), 'message', m.occurred_at,
       m.occurred_at, 'c-' || lpad(m.i::text, 8, '0'), m.channel, 'outbound', false, 'MESSAGE', true
  FROM (SELECT a.account_id, n.i, ($4::text[])[1 + n.i % cardinality($4)] AS channel,
               -- Out of step by up to twice the distance, the same way in each run.
               a.starts_at + (n.i * $3::bigint + n.i * 7919000000 % (2 * $3)) * interval '1 microsecond'
               AS occurred_at
          FROM unnest($1::uuid[], $2::timestamptz[]) AS a (account_id, starts_at)
         CROSS JOIN LATERAL generate_series(
                   0, (extract(epoch FROM $5::timestamptz - a.starts_at) * 1000000 / $3)::bigint
               ) AS n (i)) AS m
 WHERE m.occurred_at < $5
 ORDER BY m.account_id, m.i;
