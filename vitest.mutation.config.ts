/** The tests that mutants of rating are run against; the mutated sources stand in for the installed package. */

import { defineConfig } from "vitest/config";

const source = new URL("packages/shared/src/", import.meta.url).pathname;

export default defineConfig({
  resolve: { alias: [{ find: /^@submeter\/shared\/(.*)$/, replacement: `${source}$1.ts` }] },
  test: {
    // Mutants are switched on at run time, and those of code that runs on import are left out: modules may stay loaded.
    isolate: false,
    include: ["packages/shared/src/rating/**/*.test.ts", "test/rating/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
  },
});
