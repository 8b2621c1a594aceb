/** Months of signed bytes leave by the program itself: exported, verified years later, dropped; what is not whole stays. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseInstant } from "@submeter/shared/time/instant";
import { untilEnd } from "../../packages/collector/src/collector.fixture.ts";
import {
  type EvidenceLife,
  livedMonth,
} from "../../packages/collector/src/evidence/evidence-life.fixture.ts";
import { runWords } from "../../packages/collector/src/operator/operator-session.fixture.ts";
import { runProgram } from "../programs.fixture.ts";

const { atEnd, end } = untilEnd();
let life: EvidenceLife;
let folder: string;

/** So long ago that no invoice within any retention rests on it, whenever this test runs. */
beforeAll(async () => {
  life = await livedMonth(atEnd, parseInstant("2015-01-01T00:00:00Z"));
  folder = mkdtempSync(join(tmpdir(), "submeter-months-"));
  atEnd(async () => rmSync(folder, { recursive: true }));
}, 60_000);
afterAll(end);

async function months(command: string, ...more: string[]) {
  const words = [command, "--before", "2015-03", "--folder", folder, "--json", ...more];
  const run = await runProgram("collector", words, {
    DATABASE_URL: life.collector.database.url,
    SUBMETER_MASTER_KEY: "5a".repeat(32),
    SUBMETER_EVIDENCE_RETENTION_YEARS: "1",
  });
  return { ...run, answer: run.stdout === "" ? null : JSON.parse(run.stdout) };
}

const reason = ["--reason", "older than the retention"];
const february = { month: "2015-02", reports: 66 };

test("a month that was not exported is kept, and nothing was done", async () => {
  const kept = await months("evidence-drop", ...reason);
  expect(kept.answer.months).toMatchObject([{ ...february, outcome: "kept" }]);
  expect(kept.answer.months[0].why).toMatch("export it first");
});

test("a dry run says what would be done, and does nothing", async () => {
  const dry = await months("evidence-export", "--dry-run");
  expect(dry.answer).toMatchObject({
    dry_run: true,
    months: [{ ...february, outcome: "exported" }],
  });
  expect(readdirSync(folder)).toEqual([]);
});

test("exported once it is left as it is, and verifies without a collector", async () => {
  const exported = await months("evidence-export");
  expect(exported.answer.months).toMatchObject([{ ...february, outcome: "exported" }]);
  const again = await months("evidence-export");
  expect(again.answer.months).toMatchObject([{ ...february, outcome: "exported_already" }]);
  const file = join(folder, "2015-02.reports.ndjson.gz");
  const offline = await runWords(["reports", "verify", "--file", file, "--json"]);
  expect(JSON.parse(offline.out)).toMatchObject({ checked: 66, faults: [] });
});

test("a torn file keeps its month; written anew it lets it go, with a line in the audit log", async () => {
  const file = join(folder, "2015-02.reports.ndjson.gz");
  writeFileSync(file, "torn");
  const kept = await months("evidence-drop", ...reason);
  expect(kept.answer.months).toMatchObject([{ ...february, outcome: "kept" }]);
  await months("evidence-export");
  const dropped = await months("evidence-drop", ...reason);
  expect(dropped.answer.months).toMatchObject([{ ...february, outcome: "dropped" }]);
  const { body } = await life.collector.api("GET", "/audit?action=evidence.dropped");
  expect(body.items).toMatchObject([{ subject: "evidence:2015-02", reason: reason[1] }]);
  const { body: replayed } = await life.collector.api("POST", `/invoices/${life.invoice}/replay`);
  expect(replayed.result).toBe("equal");
});

test("a month that is none is refused with the exit code of a setting", async () => {
  const run = await runProgram(
    "collector",
    ["evidence-export", "--before", "January", "--folder", folder],
    {
      DATABASE_URL: life.collector.database.url,
      SUBMETER_MASTER_KEY: "5a".repeat(32),
    },
  );
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toContain("month_malformed");
});
