import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Environment, readConfig } from "./config.ts";

const complete: Environment = {
  DATABASE_URL: "postgresql://localhost/submeter",
  SUBMETER_MASTER_KEY: Buffer.alloc(32, 0x5a).toString("base64"),
  SUBMETER_PAYMENTS: "none",
};

function refusalOf(environment: Environment): { code: string; hint: string; said: string } {
  try {
    readConfig(environment);
    return { code: "none", hint: "set nothing", said: "" };
  } catch (error) {
    const { code, hint, message } = error as SubmeterError;
    return { code, hint, said: `${message} ${hint} ${JSON.stringify(error)}` };
  }
}

describe("the collector's environment", () => {
  test.each<{ given: string; change: Environment; code: string }>([
    { given: "complete", change: {}, code: "none" },
    {
      given: "without DATABASE_URL",
      change: { DATABASE_URL: undefined },
      code: "database_url_missing",
    },
    {
      given: "with an empty DATABASE_URL",
      change: { DATABASE_URL: " " },
      code: "database_url_missing",
    },
    {
      given: "with a direct way past a pooler, and as many buckets as shards",
      change: { DATABASE_DIRECT_URL: "postgresql://direct/", SUBMETER_INGEST_BUCKETS: "32" },
      code: "none",
    },
    {
      given: "with buckets that no ring is cut into",
      change: { SUBMETER_INGEST_BUCKETS: "12" },
      code: "ingest_buckets_malformed",
    },
    {
      given: "without a master key",
      change: { SUBMETER_MASTER_KEY: undefined },
      code: "master_key_missing",
    },
    {
      given: "with a short master key",
      change: { SUBMETER_MASTER_KEY: "c2hvcnQ=" },
      code: "master_key_malformed",
    },
    {
      given: "with a master key in hex",
      change: { SUBMETER_MASTER_KEY: "5a".repeat(32) },
      code: "none",
    },
    {
      given: "without a word on payments",
      change: { SUBMETER_PAYMENTS: undefined },
      code: "payments_unset",
    },
    {
      given: "with payments by a stranger",
      change: { SUBMETER_PAYMENTS: "cash" },
      code: "payments_unset",
    },
    {
      given: "with Stripe and no key",
      change: { SUBMETER_PAYMENTS: "stripe" },
      code: "stripe_key_missing",
    },
    {
      given: "with Stripe and a key",
      change: { SUBMETER_PAYMENTS: "stripe", STRIPE_SECRET_KEY: "sk_test_not_a_key" },
      code: "none",
    },
    {
      given: "with a file that is not there",
      change: { SUBMETER_MASTER_KEY: undefined, SUBMETER_MASTER_KEY_FILE: "/nowhere/key" },
      code: "secret_file_unreadable",
    },
  ])("$given: $code", ({ change, code }) => {
    const refusal = refusalOf({ ...complete, ...change });
    expect(refusal.code).toBe(code);
    expect(refusal.hint).toMatch(/set |make one|check/);
  });

  test("may name a file that holds a secret", () => {
    const folder = mkdtempSync(join(tmpdir(), "submeter-config-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "key");
    writeFileSync(file, `${"5a".repeat(32)}\n`);
    const { SUBMETER_MASTER_KEY: _, ...rest } = complete;
    const { masterKeys } = readConfig({ ...rest, SUBMETER_MASTER_KEY_FILE: file });
    expect(masterKeys).toEqual({ bytes: new Uint8Array(32).fill(0x5a), previous: null });
  });

  test("never shows a secret in what it says of it", () => {
    const secret = "not-32-bytes-but-still-a-secret";
    const refusal = refusalOf({ ...complete, SUBMETER_MASTER_KEY: secret });
    expect(refusal.code).toBe("master_key_malformed");
    expect(refusal.said).not.toContain(secret);
  });
});
