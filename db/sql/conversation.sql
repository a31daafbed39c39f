-- name: starts
-- Instants at which the windows of keys open, each after an instant.
-- $1 places in the answer, $2 account ids, $3 contacts, $4 channels, $5 after.
SELECT k.place, c.opened_at
  FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
       AS k (place, account_id, contact, channel, since)
  JOIN conversation AS c
    ON c.account_id = k.account_id AND c.contact = k.contact AND c.channel = k.channel
   AND c.opened_at > k.since
 ORDER BY k.place, c.opened_at;

-- name: delete
-- $1 account ids, $2 contacts, $3 channels, $4 instants of opening.
DELETE FROM conversation AS c
 USING unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])
       AS old (account_id, contact, channel, opened_at)
 WHERE c.account_id = old.account_id AND c.contact = old.contact AND c.channel = old.channel
   AND c.opened_at = old.opened_at;

-- name: insert
-- $1 account ids, $2 contacts, $3 channels, $4 instants of opening, $5 of closing.
INSERT INTO conversation (account_id, contact, channel, opened_at, closes_at)
SELECT account_id, contact, channel, opened_at, closes_at
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
       AS new (account_id, contact, channel, opened_at, closes_at);

-- name: page
-- $1 account id, $2 closing from, $3 closing before, $4 contact or NULL, $5 to $7 the conversation
-- after which to go on, or NULLs; $8 how many. Newest first, with the message that opened each.
SELECT DISTINCT ON (c.closes_at, c.contact, c.channel)
       c.contact, c.channel, c.closes_at, e.source, e.event_id, e.recorded_at
  FROM conversation AS c
  JOIN event AS e
    ON e.account_id = c.account_id AND e.contact = c.contact AND e.channel = c.channel
   AND e.occurred_at = c.opened_at AND e.counts
 WHERE c.account_id = $1
   AND c.closes_at >= $2
   AND c.closes_at < $3
   AND ($4::text IS NULL OR c.contact = $4)
   AND ($5::timestamptz IS NULL OR (c.closes_at, c.contact, c.channel) < ($5, $6::text, $7::text))
 ORDER BY c.closes_at DESC, c.contact DESC, c.channel DESC, e.recorded_at, e.source, e.event_id
 LIMIT $8;
