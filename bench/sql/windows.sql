-- The conversations that those messages open. $1 account ids.
INSERT INTO conversation (account_id, contact, channel, opened_at, closes_at)
SELECT account_id, contact, channel, occurred_at, occurred_at + interval '168 hours'
  FROM event
 WHERE account_id = ANY($1::uuid[]) AND counts
 ORDER BY account_id, contact, channel, occurred_at;
