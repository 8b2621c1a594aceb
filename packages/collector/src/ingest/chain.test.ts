import { describe, expect, test } from "vitest";
import { bundleMediaType, encodeBundleLine } from "@submeter/shared/wire/bundle";
import type { Receipt } from "@submeter/shared/wire/receipt";
import { startTestCollector, type TestCollector, testStart } from "../collector.fixture.ts";
import {
  askState,
  deliver,
  openTestJournal,
  requestsLine,
  type Sealed,
  type TestJournal,
  testJournalId,
} from "./agent.fixture.ts";

const hour = 3600;

async function acme(hoursAhead = 100): Promise<{ collector: TestCollector; key: string }> {
  const collector = await startTestCollector();
  const key = await collector.enrol("acme");
  collector.clock.moveTo(testStart + hoursAhead * hour);
  return { collector, key };
}

function journalOf(key: string, number = 1, options: object = {}): TestJournal {
  return openTestJournal({ key, journal: testJournalId(number), start: testStart, ...options });
}

/** Seals one report an hour, each with one line for its hour. */
function sealed(journal: TestJournal, quantities: readonly string[], from = testStart): Sealed[] {
  return quantities.map((quantity, index) =>
    journal.seal({ usage: [requestsLine(from + index * hour, quantity)] }),
  );
}

async function deliverBundle(url: string, reports: readonly Sealed[]): Promise<Receipt[]> {
  const answer = await fetch(`${url}/ingest`, {
    method: "POST",
    headers: { "content-type": bundleMediaType },
    body: reports.map(encodeBundleLine).join(""),
  });
  const lines = (await answer.text()).trimEnd().split("\n").slice(0, reports.length);
  return lines.map((line) => JSON.parse(JSON.parse(line).body) as Receipt);
}

async function counted(collector: TestCollector): Promise<string> {
  const [row] = await collector.database.query<{ sum: string | null }>(
    "select trim_scale(sum(quantity))::text as sum from usage_hourly",
  );
  return row?.sum ?? "0";
}

describe("the chain of a journal", () => {
  test("a report delivered twice counts once and gets the same receipt, byte for byte", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    const [report] = sealed(journal, ["5"]) as [Sealed];
    const first = await deliver(collector.url, journal, report);
    collector.clock.moveTo(testStart + 200 * hour);
    const second = await deliver(collector.url, journal, report);
    expect(second.body).toEqual(first.body);
    expect(second.status).toBe(200);
    expect(first.headers.get("submeter-outcome")).toBeNull();
    expect(second.headers.get("submeter-outcome")).toBe("duplicate");
    const proofOf = (headers: Headers) => headers.get("signature")?.split(", proof=")[1];
    expect(proofOf(second.headers)).toBe(proofOf(first.headers));
    expect(await counted(collector)).toBe("5");
  });

  test("the receipt stays the same after a restart of the collector", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    const [report] = sealed(journal, ["5"]) as [Sealed];
    const first = await deliver(collector.url, journal, report);
    const again = await collector.restart();
    expect((await deliver(again.url, journal, report)).body).toEqual(first.body);
  });

  test("fifty deliveries of one report at once record it once", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    const [report] = sealed(journal, ["5"]) as [Sealed];
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => deliver(collector.url, journal, report)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => Buffer.from(body).toString("hex"))).size).toBe(1);
    const fresh = answers.filter(({ headers }) => headers.get("submeter-outcome") === null);
    expect(fresh).toHaveLength(1);
    expect(await counted(collector)).toBe("5");
  });

  test("two collectors on one database record a report sent to both once", async () => {
    const { collector, key } = await acme();
    const other = await startTestCollector({
      database: collector.database,
      now: collector.clock.now(),
    });
    const journal = journalOf(key);
    const reports = sealed(journal, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    await Promise.all(
      reports.flatMap((report) =>
        [collector.url, other.url].map((url) => deliver(url, journal, report)),
      ),
    );
    expect(await counted(collector)).toBe("36");
  });

  test("an absent report is a hole: what lies behind waits, and counts when it is filled", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    const [one, two, three, four] = sealed(journal, ["1", "2", "3", "4"]) as [
      Sealed,
      Sealed,
      Sealed,
      Sealed,
    ];
    for (const report of [one, three, four]) await deliver(collector.url, journal, report);
    const now = collector.clock.now();
    expect(await askState(collector.url, journal, now)).toMatchObject({
      journals: [{ journal: journal.journal, through: 1 }],
      covered_through: "2026-01-05T01:00:00Z",
    });
    const { body } = await collector.api("GET", "/installations/acme/journals");
    expect(body.items[0]).toMatchObject({ through: 1, highest: 4, holes: [2] });
    await deliver(collector.url, journal, two);
    expect(await askState(collector.url, journal, now)).toMatchObject({
      journals: [{ journal: journal.journal, through: 4 }],
      covered_through: "2026-01-05T04:00:00Z",
    });
    expect(await counted(collector)).toBe("10");
    // Its hull takes in what lay behind the hole: those hours count from now on.
    const [row] = await collector.database.query(
      "select touched_from, touched_to, revision from reports where sequence = 2",
    );
    expect(row).toEqual({
      touched_from: testStart + hour,
      touched_to: testStart + 4 * hour,
      revision: 4n,
    });
  });

  test("reports may come in any order, the last first", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    const reports = sealed(journal, ["1", "2", "3", "4", "5"]);
    for (const report of reports.toReversed()) await deliver(collector.url, journal, report);
    const state = await askState(collector.url, journal, collector.clock.now());
    expect(state.journals).toEqual([{ journal: journal.journal, through: 5 }]);
    expect(state.covered_through).toBe("2026-01-05T05:00:00Z");
    expect(await counted(collector)).toBe("15");
  });

  describe.each<{
    given: string;
    code: string;
    storedDigest: boolean;
    offer: (journal: TestJournal, copy: TestJournal) => { before: Sealed[]; offered: Sealed };
  }>([
    {
      given: "another digest under a recorded name",
      code: "digest_differs",
      storedDigest: true,
      offer: (journal, copy) => ({
        before: sealed(journal, ["1", "2"]),
        offered: sealed(copy, ["1", "3"])[1] as Sealed,
      }),
    },
    {
      given: "a previous that is not the recorded digest of the one before",
      code: "previous_differs",
      storedDigest: false,
      offer: (journal, copy) => ({
        before: sealed(journal, ["1"]),
        offered: sealed(copy, ["9", "2"])[1] as Sealed,
      }),
    },
    {
      given: "a recorded one after it that names another previous",
      code: "successor_differs",
      storedDigest: false,
      offer: (journal, copy) => ({
        before: [sealed(journal, ["1", "2"])[1] as Sealed],
        offered: sealed(copy, ["9"])[0] as Sealed,
      }),
    },
  ])("$given", ({ code, storedDigest, offer }) => {
    test(`is a conflict (${code}): kept as evidence, counted nowhere, alike when offered again`, async () => {
      const { collector, key } = await acme();
      const journal = journalOf(key);
      const { before, offered } = offer(journal, journalOf(key));
      for (const report of before) await deliver(collector.url, journal, report);
      const total = await counted(collector);
      const first = await deliver(collector.url, journal, offered);
      expect(first).toMatchObject({ status: 409, receipt: { outcome: "conflict", code } });
      expect("stored_digest" in first.receipt).toBe(storedDigest);
      const second = await deliver(collector.url, journal, offered);
      expect(second.body).toEqual(first.body);
      expect(second.headers.get("submeter-outcome")).toBe("duplicate");
      expect(await counted(collector)).toBe(total);
      const { sequence } = offered.report;
      const decided = await collector.api(
        "POST",
        `/reports/acme/${journal.journal}/${sequence}/accept`,
        { reason: "try" },
      );
      expect([404, 409]).toContain(decided.status);
      const list = await collector.api("GET", "/reports?outcome=conflict");
      expect(list.body.items).toMatchObject([{ sequence, code, outcome: "conflict" }]);
    });
  });

  test("what follows a conflict is one too (previous_in_conflict), also in one bundle, and no hole stays", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    const copy = journalOf(key);
    for (const report of sealed(copy, ["1", "9"])) await deliver(collector.url, copy, report);
    const rest = sealed(journal, ["1", "2", "3", "4", "5"]).slice(1);
    const offer = (reports: readonly Sealed[]) => deliverBundle(collector.url, reports);
    const codes = ["digest_differs", "previous_differs", "previous_in_conflict"];
    const answered = await offer(rest.slice(0, 3));
    expect(answered.map(({ outcome, code }) => [outcome, code])).toEqual(
      codes.map((code) => ["conflict", code]),
    );
    const later = await deliver(collector.url, journal, rest[3] as Sealed);
    expect(later.receipt).toMatchObject({ outcome: "conflict", code: "previous_in_conflict" });
    expect(await counted(collector)).toBe("10");
    const { body } = await collector.api("GET", "/installations/acme/journals");
    expect(body.items).toMatchObject([{ through: 2, highest: 2, holes: [] }]);
  });

  test("after a final report nothing more is recorded than a rejection", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    await deliver(collector.url, journal, journal.seal());
    await deliver(collector.url, journal, journal.seal({ final: true }));
    const late = await deliver(collector.url, journal, journal.seal());
    expect(late.receipt).toMatchObject({ outcome: "rejected", code: "after_final" });
    const { body } = await collector.api("GET", "/installations/acme/journals");
    expect(body.items[0]).toMatchObject({ final_at: "2026-01-05T02:00:00Z", expected: false });
  });

  test("a proof by another key than the journal's is rejected", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    const foreign = openTestJournal({ key, journal: journal.journal, start: testStart, seed: 8 });
    await deliver(collector.url, journal, journal.seal());
    const second = foreign.sign(journal.seal().report);
    const answered = await deliver(collector.url, journal, second);
    expect(answered).toMatchObject({ status: 422, receipt: { code: "proof_foreign" } });
  });

  test("a first report without proof is rejected", async () => {
    const { collector, key } = await acme();
    const journal = journalOf(key);
    const unproven = journal.sign(journal.seal().report, { proof: false });
    const answered = await deliver(collector.url, journal, unproven);
    expect(answered.receipt).toMatchObject({ outcome: "rejected", code: "proof_missing" });
  });
});
