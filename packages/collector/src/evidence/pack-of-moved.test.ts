/** The evidence of an installation that changed hands: it verifies, and tells nothing of whose it became. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parseInstant, secondsPerDay, secondsPerHour } from "@submeter/shared/time/instant";
import { startTestCollector, type TestCollector, untilEnd } from "../collector.fixture.ts";
import { deliver, openTestJournal, requestsLine, testJournalId } from "../ingest/agent.fixture.ts";
import { runWords } from "../operator/operator-session.fixture.ts";

type Verdict = { faults: string[]; facts: string[] };
const { verifyPack } = (await import(join(import.meta.dirname, "verify.mjs"))) as {
  verifyPack: (folder: string, key?: string) => Verdict;
};

const start = parseInstant("2026-01-01T00:00:00Z");
const moved = start + 10 * secondsPerDay + 12 * secondsPerHour;
/** A quantity of Secretive's, as it stands in bytes or in a line. */
const theirs = /quantity\\*":\\*"9999/;
const { atEnd, end } = untilEnd();
let collector: TestCollector;
let invoice: string;

/** A day a report; in the middle of the eleventh the installation becomes Secretive's, which uses 9,999 an hour. */
beforeAll(async () => {
  collector = await startTestCollector({ atEnd, now: start });
  const { api, url } = collector;
  await api("POST", "/plans", {
    version: 1,
    id: "standard",
    currency: "USD",
    meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
    lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
  });
  for (const id of ["acme", "secretive"]) {
    await api("POST", "/customers", { id, name: id });
    await api("PUT", `/contracts/${id}`, {
      version: 1,
      id,
      customer: id,
      plan: { id: "standard", version: 1 },
      term: { from: "2026-01-01T00:00:00Z", to: null },
      cycle: { every: "month" },
    });
  }
  const made = await api("POST", "/installations", {
    id: "vpc-1",
    customer: "acme",
    enrolled: "2026-01-01T00:00:00Z",
  });
  const key = made.body.environment.TELEMETRY_HMAC_KEY as string;
  const journal = openTestJournal({ key, journal: testJournalId(1), start });
  await api("POST", "/installations/vpc-1/assignments", {
    customer: "secretive",
    from: "2026-01-11T12:00:00Z",
  });
  await moveTo(start + 32 * secondsPerDay);
  for (let day = 0; day < 32; day += 1) {
    const from = start + day * secondsPerDay;
    const usage = [3, 9, 21].map((hour) => {
      const window = from + hour * secondsPerHour;
      return requestsLine(window, window < moved ? "100" : "9999");
    });
    await deliver(url, journal, journal.seal({ hours: 24, usage }));
  }
  await api("POST", "/installations/vpc-1/suspend", { reason: "secretive pays late" });
  await api("POST", `/installations/vpc-1/journals/${journal.journal}/retire`, {
    at: "2026-02-02T00:00:00Z",
    reason: "secretive moves out",
  });
  await moveTo(start + 35 * secondsPerDay);
  const { body } = await api("GET", "/invoices");
  invoice = body.items.find((one: { customer: string }) => one.customer === "acme").id;
}, 60_000);
afterAll(end);

async function moveTo(instant: number): Promise<void> {
  await fetch(`${collector.url}/dev/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${collector.token}`, "content-type": "application/json" },
    body: JSON.stringify({ now: new Date(instant * 1000).toISOString(), settle: true }),
  });
}

async function gathered(...more: string[]) {
  const root = mkdtempSync(join(tmpdir(), "submeter-moved-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const environment = { SUBMETER_URL: collector.url, SUBMETER_TOKEN: collector.token };
  const folder = join(root, "pack");
  const words = ["invoices", "evidence", invoice, "--out", folder, ...more];
  return { folder, session: await runWords(words, { environment }) };
}

function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

describe("the evidence of an installation that changed hands", () => {
  test("verifies, hour by hour, and says which reports are shown in part", async () => {
    const { folder, session } = await gathered();
    expect(session).toMatchObject({ exitCode: 0, errors: "" });
    const { faults, facts } = verifyPack(folder);
    expect(faults).toEqual([]);
    const said = facts.join("\n");
    expect(said).toMatch(/each of its 32 hourly quantities is the sum of the reports/);
    expect(said).toMatch(/2 reports also speak of another customer and are shown in part/);
    expect(said).toMatch(/12 of them are proved/);
    expect(session.out).toContain("2 reports that also speak of another customer's hours");
  });

  test("holds no number, no name and no reason of whose it became", async () => {
    const { folder } = await gathered();
    const all = everythingIn(folder);
    expect(all).not.toMatch(theirs);
    expect(all).not.toContain("secretive");
    expect(all).toContain("installation.assigned");
  });

  test("says so when a line of a report that is shown in part is another", async () => {
    const { folder } = await gathered();
    const path = join(folder, "reports/vpc-1", testJournalId(1));
    const [file = ""] = readdirSync(path);
    const text = readFileSync(join(path, file), "utf8");
    const changed = text.replace(/("lines":\[\{[^\]]*?"quantity":")100"/, '$1101"');
    expect(changed).not.toBe(text);
    writeFileSync(join(path, file), changed);
    expect(verifyPack(folder).faults.join("\n")).toMatch(/counts 100 where the reports say 101/);
  });

  test("is whole where an operator puts on record why, and not otherwise", async () => {
    const refused = await gathered("--whole-reports");
    expect(refused.session.exitCode).not.toBe(0);
    expect(refused.session.errors).toContain("--reason");
    const { folder, session } = await gathered("--whole-reports", "--reason", "a court asks");
    expect(session).toMatchObject({ exitCode: 0, errors: "" });
    expect(verifyPack(folder).faults).toEqual([]);
    expect(everythingIn(folder)).toMatch(theirs);
    const { body } = await collector.api("GET", "/audit?action=evidence.disclosed");
    expect(body.items).toMatchObject([{ subject: `invoice:${invoice}`, reason: "a court asks" }]);
  });

  test("a disclosure is its operator's, its invoice's, and of one day", async () => {
    const { api } = collector;
    const made = await api("POST", `/invoices/${invoice}/evidence/disclosures`, { reason: "x" });
    const { disclosure } = made.body;
    const asked = async (id: string) =>
      (await api("GET", `/invoices/${invoice}/evidence?disclosure=${id}`)).status;
    expect(await asked(disclosure)).toBe(200);
    expect(await asked("1")).toBe(403);
    await moveTo(start + 37 * secondsPerDay);
    expect(await asked(disclosure)).toBe(403);
  });
});
