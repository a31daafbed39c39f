-- name: insert
-- $1 recorded_at; then columns of equal length, sorted by (account, source, event id), texts joined.
-- Returns the ids of the rows that were new.
INSERT INTO event (account_id, source, event_id, type, occurred_at, recorded_at, contact, channel,
                   direction, automated, kind, counts, feature, amount_micros, currency,
                   quantity_micros, unit)
SELECT account_id, source, event_id, type, occurred_at, $1, contact, channel, direction, automated,
       kind, counts, feature, amount_micros, currency, quantity_micros, unit
  FROM unnest($2::uuid[], string_to_array($3, E'\x1f'), string_to_array($4, E'\x1f'),
              string_to_array($5, E'\x1f'), $6::timestamptz[], string_to_array($7, E'\x1f', ''),
              string_to_array($8, E'\x1f', ''), string_to_array($9, E'\x1f', ''), $10::boolean[],
              string_to_array($11, E'\x1f', ''), $12::boolean[],
              string_to_array($13, E'\x1f', ''), $14::bigint[],
              string_to_array($15, E'\x1f', ''), $16::bigint[],
              string_to_array($17, E'\x1f', ''))
       AS new (account_id, source, event_id, type, occurred_at, contact, channel, direction,
               automated, kind, counts, feature, amount_micros, currency, quantity_micros, unit)
ON CONFLICT DO NOTHING
RETURNING account_id, source, event_id;

-- name: stored
-- $1 account ids, $2 sources, $3 event ids.
SELECT e.account_id, e.source, e.event_id, e.type, e.occurred_at, e.contact, e.channel,
       e.direction, e.automated, e.kind, e.feature, e.amount_micros, e.currency,
       e.quantity_micros, e.unit
  FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (account_id, source, event_id)
  JOIN event AS e
    ON e.account_id = k.account_id AND e.source = k.source AND e.event_id = k.event_id;

-- name: counting_from
-- Instants of counting messages of keys, each from an instant on, without reversed ones.
-- $1 account ids, $2 contacts and $3 channels joined, $4 from; by place, counted from 1.
SELECT k.place, e.occurred_at
  FROM unnest($1::uuid[], string_to_array($2, E'\x1f'), string_to_array($3, E'\x1f'),
              $4::timestamptz[]) WITH ORDINALITY AS k (account_id, contact, channel, since, place)
  JOIN event AS e
    ON e.account_id = k.account_id AND e.contact = k.contact AND e.channel = k.channel
   AND e.occurred_at >= k.since AND e.counts
 WHERE NOT EXISTS (SELECT 1
                     FROM event_reversal AS v
                    WHERE v.account_id = e.account_id AND v.source = e.source
                      AND v.event_id = e.event_id)
 ORDER BY k.place, e.occurred_at;

-- name: charges
-- $1 account id, $2 from, $3 to, $4 to $6 the charge after which to go on, or NULLs; $7 how many.
-- Newest first, with the cycle that each is booked in where its own was closed.
SELECT e.source, e.event_id, e.feature, e.occurred_at, e.amount_micros, e.quantity_micros, e.unit,
       a.booked_cycle,
       EXISTS (SELECT 1
                 FROM event_reversal AS v
                WHERE v.account_id = e.account_id AND v.source = e.source
                  AND v.event_id = e.event_id) AS reversed
  FROM event AS e
  LEFT JOIN adjustment AS a
    ON a.account_id = e.account_id AND a.source = e.source AND a.event_id = e.event_id
   AND a.meter = 'CARRIER' AND a.reason = 'LATE'
 WHERE e.account_id = $1
   AND e.type = 'carrier_charge'
   AND e.occurred_at >= $2
   AND e.occurred_at < $3
   AND ($4::timestamptz IS NULL OR (e.occurred_at, e.source, e.event_id) < ($4, $5::text, $6::text))
 ORDER BY e.occurred_at DESC, e.source DESC, e.event_id DESC
 LIMIT $7;
