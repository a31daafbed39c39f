import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const FONT_LICENCE = "node_modules/@fontsource-variable/inter/LICENSE";

/** Ship the font's licence beside it, as the licence wants. */
const licence: Plugin = {
  name: "licence",
  generateBundle() {
    this.emitFile({ type: "asset", name: "inter-OFL.txt", source: readFileSync(FONT_LICENCE) });
  },
};

export default defineConfig({
  plugins: [licence],
  build: {
    outDir: "dist",
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the page may load what it needs, but nothing is inline
    reportCompressedSize: false,
    rolldownOptions: {
      input: ["src/page.tsx", "src/demo.tsx"],
      // What several parts of the page need is one file: many small ones take longer.
      output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] } },
    },
  },
});
