import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "dist",
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the page may load what it needs, but nothing is inline
    reportCompressedSize: false,
    rolldownOptions: { input: ["src/page.tsx", "src/demo.tsx"] },
  },
});
