-- name: starts
-- Instants at which the windows of keys open, each after an instant.
-- $1 account ids, $2 contacts and $3 channels joined, $4 after; by place, counted from 1.
SELECT k.place, c.opened_at
  FROM unnest($1::uuid[], string_to_array($2, E'\x1f'), string_to_array($3, E'\x1f'),
              $4::timestamptz[]) WITH ORDINALITY AS k (account_id, contact, channel, since, place)
  JOIN conversation AS c
    ON c.account_id = k.account_id AND c.contact = k.contact AND c.channel = k.channel
   AND c.opened_at > k.since
 ORDER BY k.place, c.opened_at;

-- name: delete
-- $1 account ids, $2 contacts and $3 channels joined, $4 instants of opening.
DELETE FROM conversation AS c
 USING unnest($1::uuid[], string_to_array($2, E'\x1f'), string_to_array($3, E'\x1f'),
              $4::timestamptz[]) AS old (account_id, contact, channel, opened_at)
 WHERE c.account_id = old.account_id AND c.contact = old.contact AND c.channel = old.channel
   AND c.opened_at = old.opened_at;

-- name: insert
-- $1 account ids, $2 contacts and $3 channels joined, $4 instants of opening, $5 of closing.
INSERT INTO conversation (account_id, contact, channel, opened_at, closes_at)
SELECT account_id, contact, channel, opened_at, closes_at
  FROM unnest($1::uuid[], string_to_array($2, E'\x1f'), string_to_array($3, E'\x1f'),
              $4::timestamptz[], $5::timestamptz[])
       AS new (account_id, contact, channel, opened_at, closes_at);

-- name: page
-- $1 account id, $2 cycle, $3 closing from, $4 closing before, $5 contact or NULL, $6 channel or
-- NULL, $7 to $9 the conversation after which to go on, or NULLs; $10 how many. Newest first, with
-- the message that opened each and, where that came late, the cycle that its change to this one is
-- booked in. Each has one: what opens a window is not reversed.
SELECT DISTINCT ON (c.closes_at, c.contact, c.channel)
       c.contact, c.channel, c.closes_at, e.source, e.event_id, a.booked_cycle
  FROM (SELECT account_id, contact, channel, opened_at, closes_at
          FROM conversation
         WHERE account_id = $1
           AND closes_at >= $3
           AND closes_at < $4
           AND closes_at <= coalesce($7::timestamptz, $4) -- where the index is entered
           AND ($5::text IS NULL OR contact = $5)
           AND ($6::text IS NULL OR channel = $6)
           AND ($7 IS NULL OR (closes_at, contact, channel) < ($7, $8::text, $9::text))
         ORDER BY closes_at DESC, contact DESC, channel DESC
         LIMIT $10) AS c
  JOIN event AS e
    ON e.account_id = c.account_id AND e.contact = c.contact AND e.channel = c.channel
   AND e.occurred_at = c.opened_at AND e.counts
  LEFT JOIN adjustment AS a
    ON a.account_id = e.account_id AND a.source = e.source AND a.event_id = e.event_id
   AND a.meter = 'CONVERSATIONS' AND a.reason = 'LATE' AND a.cycle = $2 AND a.change > 0
 WHERE NOT EXISTS (SELECT 1
                     FROM event_reversal AS v
                    WHERE v.account_id = e.account_id AND v.source = e.source
                      AND v.event_id = e.event_id)
 ORDER BY c.closes_at DESC, c.contact DESC, c.channel DESC, e.recorded_at, e.source, e.event_id;
