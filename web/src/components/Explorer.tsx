/** @jsxImportSource react */
import { GraphiQL } from "graphiql";
import { useEffect, useMemo, useState } from "react";
import { asking } from "../asking";
import { tokenOf, usersOf, type Account } from "../demo-users";
import { isDemo } from "../session";

const FIRST_QUERY = `# Who asks is said under "Headers" below: {"Authorization": "Bearer TOKEN"}

query {
  __typename
}
`;

/** The API to be tried by hand. */
export function Explorer() {
  const [token, setToken] = useState<string | null>(null);
  const fetcher = useMemo(() => asking(token), [token]);
  useEffect(() => {
    document.title = "GraphiQL · Kontingent";
  }, []);
  return (
    <>
      {isDemo && <WhoAsks tell={setToken} />}
      <GraphiQL
        fetcher={fetcher}
        defaultQuery={FIRST_QUERY}
        defaultEditorToolsVisibility="headers"
        showPersistHeadersSettings={false}
      />
    </>
  );
}

/** The demo's users: whoever is chosen asks, unless the headers name somebody else. */
function WhoAsks({ tell }: { tell: (token: string | null) => void }) {
  const [accounts, setAccounts] = useState<Account[]>([]);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    usersOf()
      .then(setAccounts)
      .catch(() => setFailed(true));
  }, []);
  const choose = async (chosen: string) => {
    setFailed(false);
    tell(null);
    if (chosen === "") return;
    const [account, role] = JSON.parse(chosen) as [string, Account["roles"][number]];
    await tokenOf(account, role).then(tell, () => setFailed(true));
  };
  return (
    <label className="who-asks">
      Ask as
      <select onChange={(event) => void choose(event.target.value)}>
        <option value="">nobody</option>
        {accounts.flatMap(({ account, name, roles }) =>
          roles.map((role) => (
            <option key={`${account} ${role}`} value={JSON.stringify([account, role])}>
              {`${name}, ${role}`}
            </option>
          )),
        )}
      </select>
      {failed && <span role="alert">The demo cannot be reached right now.</span>}
    </label>
  );
}
