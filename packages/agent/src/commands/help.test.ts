import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { golden } from "@submeter/shared/golden.fixture";
import { describe, expect, it } from "vitest";

const cli = resolve(import.meta.dirname, "../cli.ts");

describe("the help of submeter-agent", () => {
  it.each([
    "",
    "run",
    "init",
    "validate",
    "describe",
    "doctor",
    "export",
    "import-receipts",
    "count",
    "preview",
    "flush",
    "hold",
    "pause",
    "retire",
    "retry",
    "trust",
    "status",
    "history",
    "verify",
    "version",
  ])("%s is as it was approved", (command) => {
    const args = [...(command === "" ? [] : [command]), "--help"];
    const text = execFileSync(process.execPath, [cli, ...args], { encoding: "utf8", env: {} });
    const name = `./golden/help${command === "" ? "" : `-${command}`}.txt`;
    expect(text).toBe(golden(import.meta.url, name, text));
  });
});
