import { readFileSync } from "node:fs";
import { createVerifier } from "fast-jwt";

/** What the bench tells a server, on its input. */
const settings = JSON.parse(readFileSync(0, "utf8"));

/** How to reach PostgreSQL. */
export const database = {
  connectionString: settings.database,
  max: settings.poolSize,
  options: settings.session,
};

const verify = createVerifier({
  key: settings.secret,
  algorithms: ["HS256"],
  allowedIss: settings.issuer,
  allowedAud: settings.issuer,
  clockTimestamp: settings.now,
});

/** Return the claims of a request's token; throws where it is not good. */
export function claims(request) {
  return verify(request.headers.authorization.slice("Bearer ".length));
}

/** Say where a server serves, as the bench awaits it. */
export function announce(server) {
  console.log(`Serving at http://127.0.0.1:${server.address().port}`);
}
