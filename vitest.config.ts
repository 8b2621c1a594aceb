import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: ["test/global-setup.ts"],
    // A limit on what hangs, not on what is slow: real processes share a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
