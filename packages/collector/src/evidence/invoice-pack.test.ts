/** The evidence of an invoice: whole, verified with nothing of ours, and red when a byte of it is another. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { untilEnd } from "../collector.fixture.ts";
import { runWords } from "../operator/operator-session.fixture.ts";
import { type EvidenceLife, livedMonth } from "./evidence-life.fixture.ts";

type Verdict = { faults: string[]; facts: string[] };
const { verifyPack } = (await import(join(import.meta.dirname, "verify.mjs"))) as {
  verifyPack: (folder: string, key?: string) => Verdict;
};

const { atEnd, end } = untilEnd();
afterAll(end);
let life: EvidenceLife;
let pack: string;

function folder(): string {
  return mkdtempSync(join(tmpdir(), "submeter-evidence-"));
}

async function gathered(into: string): Promise<string> {
  const { url, token } = life.collector;
  const environment = { SUBMETER_URL: url, SUBMETER_TOKEN: token };
  const out = join(into, "pack");
  const words = ["invoices", "evidence", life.invoice, "--out", out];
  const session = await runWords(words, { environment });
  expect(session).toMatchObject({ exitCode: 0, errors: "" });
  return out;
}

beforeAll(async () => {
  life = await livedMonth(atEnd);
  const root = folder();
  atEnd(async () => rmSync(root, { recursive: true }));
  pack = await gathered(root);
});

function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** A copy that may be changed. */
function copied(): string {
  const root = folder();
  onTestFinished(() => rmSync(root, { recursive: true }));
  cpSync(pack, root, { recursive: true });
  return root;
}

function edited(path: string, edit: (text: string) => string): Verdict {
  const root = copied();
  const text = readFileSync(join(root, path), "utf8");
  const changed = edit(text);
  expect(changed).not.toBe(text);
  writeFileSync(join(root, path), changed);
  return verifyPack(root);
}

describe("the evidence of an invoice", () => {
  test("holds all that the invoice rests on, and verifies", () => {
    const verdict = verifyPack(pack);
    expect(verdict.faults).toEqual([]);
    expect(verdict.facts.join("\n")).toContain("66 reports have their digests");
    expect(verdict.facts.join("\n")).toContain("66 of them are proved");
    expect(verdict.facts.join("\n")).toContain("_1: each of its 310 hourly quantities");
    expect(verdict.facts.join("\n")).toContain("_2: each of its 312 hourly quantities");
    expect(filesOf(pack)).toEqual(
      expect.arrayContaining([
        "README.md",
        "contracts/acme@1.json",
        "invoice.json",
        "plans/standard@1.json",
        "reports/acme-eu/00000000-0000-4000-8000-000000000001/1-33.ndjson",
        "statements/st_acme_20260101T00_1.inputs.json",
        "statements/st_acme_20260101T00_2.json",
        "verify.mjs",
      ]),
    );
  });

  test("is verified by its own file alone, started from anywhere", () => {
    const away = folder();
    onTestFinished(() => rmSync(away, { recursive: true }));
    const run = spawnSync(process.execPath, [join(pack, "verify.mjs")], {
      cwd: away,
      encoding: "utf8",
      env: {},
    });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout).toContain("✓ the evidence holds");
    const imports = readFileSync(join(pack, "verify.mjs"), "utf8").matchAll(/from "([^"]+)"/g);
    for (const [, name] of imports) expect(name).toMatch(/^node:/);
  });

  test("is the same each time as far as nothing happened", async () => {
    const root = folder();
    onTestFinished(() => rmSync(root, { recursive: true }));
    const again = await gathered(root);
    const differ = filesOf(pack).filter(
      (path) => !readFileSync(join(again, path)).equals(readFileSync(join(pack, path))),
    );
    expect(differ).toEqual([]);
  });

  test("does not verify when any byte anywhere is another", () => {
    const root = copied();
    let tried = 0;
    for (const path of filesOf(root)) {
      const whole = readFileSync(join(root, path));
      // The first, the last and some between, of every file.
      const places = [
        0,
        whole.length - 1,
        ...[1, 2, 3, 4].map((n) => Math.floor((whole.length * n) / 5)),
      ];
      for (const place of places) {
        const changed = Buffer.from(whole);
        changed[place] = (changed[place] ?? 0) ^ 0x01;
        writeFileSync(join(root, path), changed);
        expect(verifyPack(root).faults, `${path} at ${place}`).not.toEqual([]);
        tried += 1;
      }
      writeFileSync(join(root, path), whole);
    }
    expect(verifyPack(root).faults).toEqual([]);
    expect(tried).toBeGreaterThan(60);
  }, 60_000);

  test("does not verify with a file too few or too many", () => {
    const root = copied();
    writeFileSync(join(root, "more.txt"), "");
    expect(verifyPack(root).faults).toEqual(["more.txt: the manifest knows nothing of it"]);
    rmSync(join(root, "more.txt"));
    rmSync(join(root, "audit.ndjson"));
    expect(verifyPack(root).faults).not.toEqual([]);
  });

  test("is told from one that another signed, by the key that the agent has pinned", async () => {
    const [row] = await life.collector.database.query<{ public_key: string }>(
      "select public_key from collector_keys",
    );
    expect(verifyPack(pack, row?.public_key).faults).toEqual([]);
    const stranger = "1IuBaYvLb6G2a8bGqk1jTgWv3uPnMkJt2sZx0QyRrVA";
    expect(verifyPack(pack, stranger).faults).toEqual([
      "facts.json: the key that you trust is none of the collector's",
    ]);
  });

  test.each<{ what: string; path: string; edit: (text: string) => string; says: RegExp }>([
    {
      what: "a report's count",
      path: "reports/acme-eu/00000000-0000-4000-8000-000000000001/1-33.ndjson",
      edit: (text) =>
        text.replace(String.raw`\"quantity\":\"105\"`, String.raw`\"quantity\":\"106\"`),
      says: /report acme-eu .* 6: its bytes do not have its digest/,
    },
    {
      what: "a quantity that was rated",
      path: "statements/st_acme_20260101T00_1.inputs.json",
      edit: (text) => text.replace('"quantity":"105"', '"quantity":"106"'),
      says: /counts 106 where the reports say 105/,
    },
    {
      what: "a receipt",
      path: "reports/acme-eu/00000000-0000-4000-8000-000000000001/1-33.ndjson",
      edit: (text) =>
        text.replace(
          String.raw`\"version\":1,\"collector\"`,
          String.raw`\"version\":2,\"collector\"`,
        ),
      says: /receipt .*: the collector's proof does not fit/,
    },
    {
      what: "the order of reports",
      path: "reports/acme-us/00000000-0000-4000-8000-000000000002/1-33.ndjson",
      edit: (text) => text.replace(/"previous":"[0-9a-f]{64}"/, `"previous":"${"0".repeat(64)}"`),
      says: /does not follow report 1/,
    },
    {
      what: "an amount",
      path: "invoice.json",
      edit: (text) => text.replace('"statement_total":"', '"statement_total":"1'),
      says: /invoice.json: does not have its digest/,
    },
    {
      what: "the plan",
      path: "plans/standard@1.json",
      edit: (text) => text.replace("0.01", "0.02"),
      says: /was rated by another plan/,
    },
    {
      what: "an entry of the audit log",
      path: "audit.ndjson",
      edit: (text) => text.replace("contract.set", "contract.get"),
      says: /audit entry \d+: is not what was hashed/,
    },
    {
      what: "when the collector was there",
      path: "facts.json",
      edit: (text) => text.replace(/"last_tick_at":"2026-02-/, '"last_tick_at":"2025-01-'),
      says: /availability from .*: the collector's signature does not fit/,
    },
  ])("says by itself, beside the manifest, that $what was changed", ({ path, edit, says }) => {
    const { faults } = edited(path, edit);
    expect(faults.join("\n")).toMatch(says);
    expect(faults.length).toBeGreaterThan(1);
  });
});
