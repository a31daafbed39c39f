// Fastify with mercurius, whose compiler takes a document over once it was asked for. A loader asks
// once for all of its parents, and PostgreSQL answers with JSON of the cycles.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";
import { announce, claims, database } from "./common.js";

const schema = `
  type Query {
    account: Account
    accounts(first: Int!): AccountConnection!
  }

  type AccountConnection {
    nodes: [Account!]!
  }

  type Account {
    name: String!
    plan: String!
    timeZone: String!
    cycle: CurrentCycle
    cycles(first: Int!): CycleConnection!
  }

  type CycleConnection {
    nodes: [Cycle!]!
  }

  type CurrentCycle {
    endsOn: String!
    conversationUsage: ConversationsLeft!
    carrierBalance: BalanceLeft!
  }

  type ConversationsLeft {
    left: Int!
    percentOfQuota: Int
  }

  type BalanceLeft {
    left: String!
    sendAllowed: Boolean!
  }

  type Cycle {
    number: Int!
    state: String!
    startsOn: String!
    endsOn: String!
    conversationUsage: ConversationUsage!
    carrierBalance: CarrierBalance
  }

  type ConversationUsage {
    commitment: Int
    quota: Int
    used: Int
    pending: Int!
    left: Int
    over: Int
    percentOfQuota: Int
    byChannel: [ChannelUsage!]!
  }

  type ChannelUsage {
    channel: String!
    used: Int
  }

  type CarrierBalance {
    commitment: String!
    toppedUp: String!
    limit: String!
    spent: String!
    left: String!
    overspent: String!
    percent: Int
    sendAllowed: Boolean!
    byFeature: [FeatureCost!]!
  }

  type FeatureCost {
    feature: String!
    amount: String!
  }
`;

const ACCOUNT = `
  SELECT account_id AS id, name, plan, time_zone AS "timeZone"
    FROM peers.account
   WHERE external_id = $1`;

const ACCOUNTS = `
  SELECT account_id AS id, name, plan, time_zone AS "timeZone"
    FROM peers.account
   ORDER BY account_id
   LIMIT $1`;

const CYCLE = `
  SELECT to_json(c) AS found
    FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, place)
    LEFT JOIN peers.current_cycle AS c ON c.account_id = a.id
   ORDER BY a.place`;

const CYCLES = `
  SELECT (SELECT json_agg(c)
            FROM (SELECT number, state, "startsOn", "endsOn", "conversationUsage",
                         "carrierBalance"
                    FROM peers.cycle
                   WHERE account_id = a.id
                   ORDER BY cycle.place
                   LIMIT $2) AS c) AS nodes
    FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, place)
   ORDER BY a.place`;

const pool = new pg.Pool(database);

/** Run a statement that is prepared once for each connection. */
async function rows(name, text, ...values) {
  return (await pool.query({ name, text, values })).rows;
}

const resolvers = {
  Query: {
    account: async (_root, _arguments, { caller }) =>
      (await rows("account", ACCOUNT, caller.account))[0],
    accounts: async (_root, { first }) => ({ nodes: await rows("accounts", ACCOUNTS, first) }),
  },
};

const ids = (queries) => queries.map(({ obj }) => obj.id);
const opts = { cache: false }; // nothing is asked for twice in one document

const loaders = {
  Account: {
    cycle: {
      loader: async (queries) =>
        (await rows("cycle", CYCLE, ids(queries))).map(({ found }) => found),
      opts,
    },
    cycles: {
      loader: (queries) => rows("cycles", CYCLES, ids(queries), queries[0].params.first),
      opts,
    },
  },
};

const app = Fastify();
app.register(mercurius, {
  schema,
  resolvers,
  loaders,
  jit: 1,
  context: (request) => ({ caller: claims(request) }),
});
await app.listen({ host: "127.0.0.1", port: 0 });
announce(app.server);
