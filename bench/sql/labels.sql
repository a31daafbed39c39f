-- The channels and features that accounts use. $1 account ids, $2 channels, $3 features.
INSERT INTO label (account_id, kind, name)
SELECT a.account_id, l.kind, l.name
  FROM unnest($1::uuid[]) AS a (account_id)
 CROSS JOIN (SELECT 'CHANNEL', unnest($2::text[])
              UNION ALL
             SELECT 'FEATURE', unnest($3::text[])) AS l (kind, name);
