// PostGraphile over the schema `peers`, as little changed as the documents allow: `account` is the
// caller's, and all accounts are called `accounts`.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { context } from "postgraphile/grafast";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { extendSchema, gql } from "postgraphile/utils";
import { announce, claims, database } from "./common.js";

const { connectionString, ...poolConfig } = database;

const CallersAccount = extendSchema((build) => ({
  typeDefs: gql`
    extend type Query {
      account: Account
    }
  `,
  objects: {
    Query: {
      plans: {
        account: () =>
          build.pgResources.account.get({ external_id: context().get("caller").get("account") }),
      },
    },
  },
}));

const Names = {
  name: "Names",
  inflection: {
    replace: {
      allRowsConnection: (_previous, _options, resource) => `${resource.name}s`,
    },
  },
};

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [CallersAccount, Names],
  disablePlugins: ["NodePlugin"],
  pgServices: [makePgService({ connectionString, schemas: ["peers"], pubsub: false, poolConfig })],
  grafast: {
    explain: false,
    context: ({ node }) => ({ caller: claims(node.req) }),
  },
  grafserv: { graphiql: false, outputDataAsString: true },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(0, "127.0.0.1", () => announce(server));
