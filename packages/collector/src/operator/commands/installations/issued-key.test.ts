/** A key is shown once: where it goes, and that it is never lost nor left lying about. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { runAgainst } from "../../operator-session.fixture.ts";
import { issued } from "../../sample-answers.fixture.ts";

const words = ["installations", "add", "acme-eu", "--customer", "acme", "--enrolled", "2026-01-05"];
const added = { "POST /api/v1/installations": { status: 201, json: issued } };
const key = issued.environment.TELEMETRY_HMAC_KEY;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "submeter-key-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("with --out", () => {
  test("the key is in the file, for its owner alone, and not on the screen", async () => {
    const out = join(folder, "acme.env");
    const session = await runAgainst(added, [...words, "--out", out]);
    expect(session).toMatchObject({ exitCode: 0, errors: "" });
    expect(session.out).not.toContain(key);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readFileSync(out, "utf8")).toBe(
      [
        "# Submeter agent: installation acme-eu of acme",
        "# Keep this file secret: its key signs the usage that is billed.",
        "TELEMETRY_ENDPOINT=https://collector.example.com",
        `TELEMETRY_HMAC_KEY=${key}`,
        "TELEMETRY_INTERVAL_SECONDS=3600",
        "",
      ].join("\n"),
    );
  });

  test("JSON names the file in place of the key", async () => {
    const out = join(folder, "acme.env");
    const session = await runAgainst(added, [...words, "--out", out, "--json"]);
    expect(session.out).not.toContain(key);
    expect(JSON.parse(session.out)).toMatchObject({ environment_file: out });
  });

  test("a file that is there already is kept, and no installation is made", async () => {
    const out = join(folder, "acme.env");
    writeFileSync(out, "kept");
    const session = await runAgainst(added, [...words, "--out", out]);
    expect(session.errors).toContain("(file_exists)");
    expect(session.asked).toEqual([]);
    expect(readFileSync(out, "utf8")).toBe("kept");
  });

  test("a path that cannot be written is known before the key is made", async () => {
    const session = await runAgainst(added, [...words, "--out", join(folder, "no", "acme.env")]);
    expect(session.errors).toContain("(file_unwritable)");
    expect(session.asked).toEqual([]);
  });

  test("a refused installation leaves no file behind", async () => {
    const out = join(folder, "acme.env");
    const refused = {
      "POST /api/v1/installations": { status: 422, json: { code: "customer_unknown" } },
    };
    const session = await runAgainst(refused, [...words, "--out", out]);
    expect(session.exitCode).toBe(1);
    expect(existsSync(out)).toBe(false);
  });
});

test("without --out the file is printed once, ready to be saved", async () => {
  const session = await runAgainst(added, words);
  expect(session.out.split(key)).toHaveLength(2);
});
