import { defineConfig } from "@lingui/conf";
import { formatter } from "@lingui/format-po";

export default defineConfig({
  sourceLocale: "en",
  locales: ["de", "en", "fr", "nl"],
  compileNamespace: "ts",
  catalogs: [{ path: "src/locales/{locale}", include: ["src"], exclude: ["src/generated"] }],
  format: formatter({ origins: false, explicitIdAsDefault: true, printPlaceholdersInComments: false }),
  orderBy: "messageId",
});
