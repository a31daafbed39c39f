-- What the peers answer from, made anew for each run. They cannot tell where a cycle begins, so that
-- is in a table; the numbers are summed from the product's own tables as the floor sums them. Columns
-- are named as GraphQL names the fields.
DROP SCHEMA IF EXISTS peers CASCADE;
CREATE SCHEMA peers;

CREATE TABLE peers.account (
    account_id  uuid    PRIMARY KEY,
    external_id text    NOT NULL UNIQUE,
    name        text    NOT NULL,
    plan        text    NOT NULL,
    time_zone   text    NOT NULL,
    current     integer NOT NULL -- the number of the current cycle
);

-- Cycles, the newest in place 1. An open one says which days its conversations and charges are of,
-- and the piece of a day after them.
CREATE TABLE peers.period (
    account_id          uuid    NOT NULL REFERENCES peers.account,
    place               integer NOT NULL,
    number              integer NOT NULL,
    state               text    NOT NULL,
    starts_on           text    NOT NULL,
    ends_on             text    NOT NULL,
    included            integer NOT NULL,
    landed_from         timestamptz,
    landed_until        timestamptz,
    landed_piece_from   timestamptz,
    landed_piece_until  timestamptz,
    charged_from        timestamptz,
    charged_until       timestamptz,
    charged_piece_from  timestamptz,
    charged_piece_until timestamptz,
    PRIMARY KEY (account_id, place),
    UNIQUE (account_id, number)
);

CREATE TYPE peers.channel_usage AS (channel text, used integer);

CREATE TYPE peers.conversation_usage AS (
    commitment       integer,
    quota            integer,
    used             integer,
    pending          integer,
    "left"           integer,
    "over"           integer,
    "percentOfQuota" integer,
    "byChannel"      peers.channel_usage[]
);

CREATE TYPE peers.feature_cost AS (feature text, amount text);

CREATE TYPE peers.carrier_balance AS (
    commitment    text,
    "toppedUp"    text,
    "limit"       text,
    spent         text,
    "left"        text,
    overspent     text,
    percent       integer,
    "sendAllowed" boolean,
    "byFeature"   peers.feature_cost[]
);

CREATE TYPE peers.conversations_left AS ("left" integer, "percentOfQuota" integer);

CREATE TYPE peers.balance_left AS ("left" text, "sendAllowed" boolean);

CREATE FUNCTION peers.shown(micros numeric) RETURNS text LANGUAGE sql STABLE
RETURN to_char(micros / 1000000.0, 'FM999999999990.009999');

-- As in dashboard.sql and heavy.sql.
CREATE VIEW peers.cycle AS
WITH line AS (
    SELECT account_id, cycle AS number, meter, label, amount
      FROM statement_line
    UNION ALL
    SELECT s.account_id, s.number, s.meter, s.label, sum(s.amount)::bigint
      FROM (SELECT r.account_id, r.number, 'CONVERSATIONS' AS meter, d.channel AS label,
                   d.n::bigint AS amount
              FROM peers.period AS r
              JOIN conversation_day AS d
                ON d.account_id = r.account_id AND d.day >= r.landed_from
               AND d.day < r.landed_until
            UNION ALL
            SELECT r.account_id, r.number, 'CONVERSATIONS', c.channel, 1
              FROM peers.period AS r
              JOIN conversation AS c
                ON c.account_id = r.account_id AND c.closes_at >= r.landed_piece_from
               AND c.closes_at < r.landed_piece_until
            UNION ALL
            SELECT r.account_id, r.number, 'CARRIER', d.feature, d.amount_micros
              FROM peers.period AS r
              JOIN charge_day AS d
                ON d.account_id = r.account_id AND d.day >= r.charged_from
               AND d.day < r.charged_until
            UNION ALL
            SELECT r.account_id, r.number, 'CARRIER', e.feature, e.amount_micros
              FROM peers.period AS r
              JOIN event AS e
                ON e.account_id = r.account_id AND e.occurred_at >= r.charged_piece_from
               AND e.occurred_at < r.charged_piece_until AND e.type = 'carrier_charge'
             WHERE NOT EXISTS (SELECT 1
                                 FROM event_reversal AS v
                                WHERE v.account_id = e.account_id AND v.source = e.source
                                  AND v.event_id = e.event_id)
            UNION ALL
            SELECT j.account_id, j.booked_cycle, j.meter, j.label, j.change
              FROM adjustment AS j
              JOIN peers.period AS r
                ON r.account_id = j.account_id AND r.number = j.booked_cycle
               AND r.state <> 'CLOSED'
            UNION ALL
            SELECT j.account_id, j.cycle, j.meter, j.label, -j.change
              FROM adjustment AS j
              JOIN peers.period AS r
                ON r.account_id = j.account_id AND r.number = j.cycle
               AND r.state <> 'CLOSED') AS s
     GROUP BY s.account_id, s.number, s.meter, s.label
    HAVING sum(s.amount) <> 0
), sums AS (
    SELECT account_id, number,
           sum(amount) FILTER (WHERE meter = 'CONVERSATIONS')::integer AS used,
           array_agg(ROW (label, amount)::peers.channel_usage)
               FILTER (WHERE meter = 'CONVERSATIONS') AS channels,
           sum(amount) FILTER (WHERE meter = 'CARRIER')::bigint AS spent,
           array_agg(ROW (label, peers.shown(amount))::peers.feature_cost)
               FILTER (WHERE meter = 'CARRIER') AS features
      FROM (SELECT account_id, number, meter, label, amount
              FROM line
             ORDER BY account_id, number, CASE meter WHEN 'CARRIER' THEN -amount END, label) AS l
     GROUP BY account_id, number
), commitment AS NOT MATERIALIZED (
    SELECT account_id, meter, amount, cycle AS since,
           coalesce(min(cycle) OVER (PARTITION BY account_id, meter ORDER BY version DESC
                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                    2147483647) AS until
      FROM meter_change
     WHERE kind = 'COMMITMENT'
), granted AS (
    SELECT g.account_id, g.cycle,
           sum(g.amount) FILTER (WHERE g.kind = 'BLOCKS')::integer AS blocks,
           sum(g.amount) FILTER (WHERE g.kind = 'TOP_UP')::bigint AS topped_up
      FROM (SELECT account_id, cycle, kind, amount
              FROM meter_change
             WHERE kind <> 'COMMITMENT'
            UNION ALL
            SELECT account_id, cycle, kind, amount
              FROM automatic_grant
            UNION ALL
            SELECT account_id, cycle, replace(kind, 'AUTOMATIC_', ''), -amount
              FROM grant_reversal) AS g
     GROUP BY g.account_id, g.cycle
), figure AS (
    SELECT r.*, coalesce(s.used, 0) AS used, s.channels,
           coalesce(s.spent, 0) AS spent, s.features,
           r.included + 100 * coalesce(b.amount, 0)::integer AS commitment,
           r.included + 100 * (coalesce(b.amount, 0)::integer + coalesce(g.blocks, 0)) AS quota,
           coalesce(m.amount, 0) AS committed, coalesce(g.topped_up, 0) AS topped_up,
           coalesce(m.amount, 0) + coalesce(g.topped_up, 0) AS most
      FROM peers.period AS r
      LEFT JOIN sums AS s ON s.account_id = r.account_id AND s.number = r.number
      LEFT JOIN commitment AS b
        ON b.account_id = r.account_id AND b.meter = 'CONVERSATIONS' AND b.since <= r.number
       AND r.number < b.until
      LEFT JOIN commitment AS m
        ON m.account_id = r.account_id AND m.meter = 'CARRIER' AND m.since <= r.number
       AND r.number < m.until
      LEFT JOIN granted AS g ON g.account_id = r.account_id AND g.cycle = r.number
)
SELECT account_id, place, number, state, starts_on AS "startsOn", ends_on AS "endsOn",
       CASE state
           WHEN 'FUTURE' THEN
               ROW (NULL, NULL, NULL, used, NULL, NULL, NULL,
                    ARRAY (SELECT ROW (channel, NULL)::peers.channel_usage
                             FROM unnest(channels)))::peers.conversation_usage
           ELSE ROW (commitment, quota, used, 0, greatest(0, quota - used),
                     greatest(0, used - quota), used * 100 / nullif(quota, 0),
                     coalesce(channels, '{}'))::peers.conversation_usage
       END AS "conversationUsage",
       CASE
           WHEN state <> 'FUTURE' THEN
               ROW (peers.shown(committed), peers.shown(topped_up), peers.shown(most),
                    peers.shown(spent), peers.shown(greatest(0, most - spent)),
                    peers.shown(greatest(0, spent - most)), spent * 100 / nullif(most, 0),
                    state = 'CURRENT' AND spent < most,
                    coalesce(features, '{}'))::peers.carrier_balance
       END AS "carrierBalance"
  FROM figure;

-- As in mobile.sql.
CREATE VIEW peers.current_cycle AS
SELECT s.account_id, s.ends_on AS "endsOn",
       ROW (greatest(0, s.quota - s.used), s.used * 100 / nullif(s.quota, 0))
           ::peers.conversations_left AS "conversationUsage",
       ROW (peers.shown(greatest(0, s.most - s.spent)), s.spent < s.most)::peers.balance_left
           AS "carrierBalance"
  FROM (SELECT r.account_id, r.ends_on,
               r.included + 100 * (coalesce(l.committed, 0) + coalesce(l.blocks, 0)
                                   + coalesce(g.blocks, 0) - coalesce(v.blocks, 0)) AS quota,
               coalesce(l.balance, 0) + coalesce(l.topped_up, 0) + coalesce(g.topped_up, 0)
               - coalesce(v.topped_up, 0) AS most,
               coalesce(d.n, 0)::bigint + o.n + coalesce(j.conversations, 0) AS used,
               coalesce(p.micros, 0)::bigint + coalesce(e.micros, 0)::bigint
               + coalesce(j.micros, 0) AS spent
          FROM peers.account AS a
          JOIN peers.period AS r ON r.account_id = a.account_id AND r.number = a.current
         CROSS JOIN LATERAL (
               SELECT sum(n) AS n
                 FROM conversation_day
                WHERE account_id = r.account_id AND day >= r.landed_from
                  AND day < r.landed_until) AS d
         CROSS JOIN LATERAL (
               SELECT count(*) AS n
                 FROM conversation
                WHERE account_id = r.account_id AND closes_at >= r.landed_piece_from
                  AND closes_at < r.landed_piece_until) AS o
         CROSS JOIN LATERAL (
               SELECT sum(amount_micros) AS micros
                 FROM spend_day
                WHERE account_id = r.account_id AND day >= r.charged_from
                  AND day < r.charged_until) AS p
         CROSS JOIN LATERAL (
               SELECT sum(c.amount_micros) AS micros
                 FROM event AS c
                WHERE c.account_id = r.account_id AND c.occurred_at >= r.charged_piece_from
                  AND c.occurred_at < r.charged_piece_until AND c.type = 'carrier_charge'
                  AND NOT EXISTS (SELECT 1
                                    FROM event_reversal AS v
                                   WHERE v.account_id = c.account_id AND v.source = c.source
                                     AND v.event_id = c.event_id)) AS e
         CROSS JOIN LATERAL (
               SELECT (array_agg(c.amount ORDER BY c.version DESC)
                           FILTER (WHERE c.meter = 'CONVERSATIONS' AND c.kind = 'COMMITMENT'
                                     AND c.cycle <= r.number))[1] AS committed,
                      (array_agg(c.amount ORDER BY c.version DESC)
                           FILTER (WHERE c.meter = 'CARRIER' AND c.kind = 'COMMITMENT'
                                     AND c.cycle <= r.number))[1] AS balance,
                      sum(c.amount) FILTER (WHERE c.kind = 'BLOCKS' AND c.cycle = r.number)::bigint
                          AS blocks,
                      sum(c.amount) FILTER (WHERE c.kind = 'TOP_UP' AND c.cycle = r.number)::bigint
                          AS topped_up
                 FROM meter_change AS c
                WHERE c.account_id = r.account_id) AS l
         CROSS JOIN LATERAL (
               SELECT sum(t.amount) FILTER (WHERE t.kind = 'BLOCKS')::bigint AS blocks,
                      sum(t.amount) FILTER (WHERE t.kind = 'TOP_UP')::bigint AS topped_up
                 FROM automatic_grant AS t
                WHERE t.account_id = r.account_id AND t.cycle = r.number) AS g
         CROSS JOIN LATERAL (
               SELECT sum(v.amount) FILTER (WHERE v.kind LIKE '%BLOCKS')::bigint AS blocks,
                      sum(v.amount) FILTER (WHERE v.kind LIKE '%TOP_UP')::bigint AS topped_up
                 FROM grant_reversal AS v
                WHERE v.account_id = r.account_id AND v.cycle = r.number) AS v
         CROSS JOIN LATERAL (
               SELECT sum(x.sign * x.change) FILTER (WHERE x.meter = 'CONVERSATIONS')::bigint
                          AS conversations,
                      sum(x.sign * x.change) FILTER (WHERE x.meter = 'CARRIER')::bigint AS micros
                 FROM (SELECT 1 AS sign, meter, change
                         FROM adjustment
                        WHERE account_id = r.account_id AND booked_cycle = r.number
                       UNION ALL
                       SELECT -1, meter, change
                         FROM adjustment
                        WHERE account_id = r.account_id AND cycle = r.number) AS x) AS j
       ) AS s;

-- What PostGraphile is to know of them.
COMMENT ON TABLE peers.period IS '@omit';
COMMENT ON VIEW peers.cycle IS
    E'@primaryKey account_id,place\n'
    '@foreignKey (account_id) references peers.account (account_id)|@foreignFieldName cycles';
COMMENT ON VIEW peers.current_cycle IS
    E'@primaryKey account_id\n'
    '@foreignKey (account_id) references peers.account (account_id)|@foreignSingleFieldName cycle';
