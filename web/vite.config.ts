import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const FONT_LICENCE = "node_modules/@fontsource-variable/inter/LICENSE";

const OF_THE_PAGE = /\/web\/src\/(?!demo-users).+\.tsx?$|\/node_modules\/(preact|@preact|@lingui)\//;

const OF_GRAPHIQL = /\/node_modules\/(graphiql|@graphiql|codemirror)/;

/** Ship the font's licence beside it, as the licence wants. */
const licence: Plugin = {
  name: "licence",
  generateBundle() {
    this.emitFile({ type: "asset", name: "inter-OFL.txt", source: readFileSync(FONT_LICENCE) });
  },
};

/** Leave out the fonts that GraphiQL's styles hold as data: the page may not load them. */
const fontless: Plugin = {
  name: "fontless",
  enforce: "pre",
  transform(code, id) {
    return id.endsWith("/graphiql/dist/style.css") ? code.replace(/@font-face\s*\{[^}]*\}/g, "") : null;
  },
};

export default defineConfig({
  plugins: [licence, fontless],
  build: {
    outDir: "dist",
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the page may load what it needs, but nothing is inline
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_300, // kB: GraphiQL
    rolldownOptions: {
      input: ["src/page.tsx", "src/demo.tsx", "src/explorer.tsx"],
      checks: { moduleLevelDirective: false }, // "use client", in GraphiQL's packages
      // What several parts of the page need is one file: many small ones take longer. GraphiQL is
      // another one, with all that only it needs.
      output: {
        codeSplitting: {
          groups: [
            { name: "shared", minShareCount: 2, priority: 1, test: OF_THE_PAGE },
            { name: "graphiql", test: OF_GRAPHIQL },
          ],
        },
      },
    },
  },
});
