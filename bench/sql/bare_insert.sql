-- The same rows as `event.insert` takes, without anything that follows from them.
-- $1 recorded_at; then arrays of equal length, sorted by (account, source, event id).
INSERT INTO bare (account_id, source, event_id, type, occurred_at, recorded_at, contact, channel,
                  direction, automated, kind, counts)
SELECT account_id, source, event_id, 'message', occurred_at, $1, contact, channel, direction,
       automated, kind, counts
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
              $8::text[], $9::boolean[], $10::text[], $11::boolean[])
       AS new (account_id, source, event_id, occurred_at, contact, channel, direction, automated,
               kind, counts)
ON CONFLICT DO NOTHING;
