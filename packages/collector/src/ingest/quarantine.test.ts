import { describe, expect, test } from "vitest";
import type { Report } from "@submeter/shared/wire/report";
import { startTestCollector, type TestCollector, testStart } from "../collector.fixture.ts";
import {
  askState,
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
  testMeters,
} from "./agent.fixture.ts";

const hour = 3600;

async function acme(now = testStart + 2 * hour) {
  const collector = await startTestCollector();
  const key = await collector.enrol("acme");
  collector.clock.moveTo(now);
  const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
  return { collector, key, journal };
}

async function counted(collector: TestCollector): Promise<string> {
  const [row] = await collector.database.query<{ sum: string | null }>(
    "select trim_scale(sum(quantity))::text as sum from usage_hourly",
  );
  return row?.sum ?? "0";
}

describe("a report is held", () => {
  test.each([
    { given: "starts 15 minutes ahead", window: 15 * 60, outcome: "accepted" },
    { given: "starts 15 minutes and a second ahead", window: 15 * 60 + 1, outcome: "quarantined" },
  ])("when a window $given: $outcome", async ({ window, outcome }) => {
    const { collector, journal } = await acme(testStart + 2 * hour - window);
    const report = journal.seal({
      coverage: [[testStart, testStart + hour]],
      usage: [requestsLine(testStart + 2 * hour, "5")],
    });
    const { receipt } = await deliver(collector.url, journal, report);
    expect(receipt.outcome).toBe(outcome);
    expect(receipt.code).toBe(outcome === "accepted" ? null : "window_in_future");
    expect(await counted(collector)).toBe(outcome === "accepted" ? "5" : "0");
  });

  test("when coverage ends in the future, and is released by itself when that time has come", async () => {
    const { collector, journal } = await acme(testStart);
    const report = journal.seal({ usage: [requestsLine(testStart, "5")] });
    const first = await deliver(collector.url, journal, report);
    expect(first).toMatchObject({ status: 202, receipt: { code: "coverage_in_future" } });
    const settleAt = async (now: string) =>
      (await fetch(`${collector.url}/dev/clock`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${collector.token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ now, settle: true }),
      }).then((answer) => answer.json())) as { released: number };
    expect(await settleAt("2026-01-05T00:44:59Z")).toMatchObject({ released: 0 });
    expect(await counted(collector)).toBe("0");
    expect(await settleAt("2026-01-05T00:45:00Z")).toMatchObject({ released: 1 });
    expect(await counted(collector)).toBe("5");
    const state = await askState(collector.url, journal, testStart);
    expect(state.covered_through).toBe("2026-01-05T01:00:00Z");
    const shown = await collector.api("GET", `/reports/acme/${journal.journal}/1`);
    expect(shown.body).toMatchObject({ decision: "accepted", decided_by: "submeter" });
    // Its receipt stays what it was.
    expect((await deliver(collector.url, journal, report)).body).toEqual(first.body);
  });

  test("and one that cannot be released when its time has come holds up none of the others", async () => {
    const { collector, journal } = await acme(testStart);
    for (const quantity of ["5", "7"]) {
      await deliver(
        collector.url,
        journal,
        journal.seal({ usage: [requestsLine(testStart, quantity)] }),
      );
    }
    await collector.database.query("delete from report_bodies where sequence = 1");
    const settled = await fetch(`${collector.url}/dev/clock`, {
      method: "POST",
      headers: { authorization: `Bearer ${collector.token}`, "content-type": "application/json" },
      body: JSON.stringify({ now: "2026-01-05T02:00:00Z", settle: true }),
    });
    expect([settled.status, await settled.json()]).toMatchObject([200, { released: 1 }]);
    expect(await counted(collector)).toBe("7");
  });

  test("when a window lies before the enrolment", async () => {
    const { collector, journal } = await acme();
    const report = journal.seal({ usage: [requestsLine(testStart - 100 * 24 * hour, "5")] });
    const { receipt } = await deliver(collector.url, journal, report);
    expect(receipt).toMatchObject({ outcome: "quarantined", code: "window_before_enrolment" });
  });

  test("when a meter is declared otherwise than before", async () => {
    const { collector, journal } = await acme(testStart + 5 * hour);
    await deliver(collector.url, journal, journal.seal());
    const changed = (report: Report) => ({
      ...report,
      meters: testMeters.map((meter) =>
        meter.name === "seats" ? { ...meter, aggregation: "sum" as const } : meter,
      ),
    });
    const { receipt } = await deliver(collector.url, journal, journal.seal({ change: changed }));
    expect(receipt).toMatchObject({ outcome: "quarantined", code: "meter_differs" });
  });

  test("when it first comes under a compromised key; what came before stays, and comes alike again", async () => {
    const { collector, journal } = await acme(testStart + 5 * hour);
    const before = journal.seal({ usage: [requestsLine(testStart, "1")] });
    const first = await deliver(collector.url, journal, before);
    const revoked = await collector.api("POST", "/installations/acme/keys/1/revoke", {
      mode: "compromised",
      reason: "leaked",
    });
    expect(revoked.body).toMatchObject({ state: "compromised" });
    const after = await deliver(collector.url, journal, journal.seal());
    expect(after.receipt).toMatchObject({ outcome: "quarantined", code: "key_compromised" });
    expect((await deliver(collector.url, journal, before)).body).toEqual(first.body);
  });

  test("when it overlaps windows of the journal that it replaces; its other reports count at once", async () => {
    const { collector, key, journal } = await acme(testStart + 5 * hour);
    const old = journal.seal({ usage: [requestsLine(testStart, "10")] });
    await deliver(collector.url, journal, old);
    const replaces = {
      journal: journal.journal,
      sequence: 1,
      digest: old.digest,
      reason: "fork" as const,
    };
    const clone = openTestJournal({
      key,
      journal: testJournalId(2),
      start: testStart + hour,
      replaces,
      seed: 9,
    });
    const overlapping = clone.seal({ coverage: [], usage: [requestsLine(testStart, "4")] });
    const own = clone.seal({ usage: [requestsLine(testStart + 2 * hour, "7")] });
    expect((await deliver(collector.url, clone, overlapping)).receipt).toMatchObject({
      outcome: "quarantined",
      code: "window_overlaps_replaced",
    });
    expect((await deliver(collector.url, clone, own)).receipt.outcome).toBe("accepted");
    expect(await counted(collector)).toBe("17");
    const fleet = await collector.api("GET", "/fleet");
    expect(fleet.body.items).toMatchObject([{ state: "forked", quarantined: 1 }]);
  });

  test("also when the journal replaces one that replaced another, and windows came in the same moment", async () => {
    const { collector, key, journal } = await acme(testStart + 5 * hour);
    const old = journal.seal({ usage: [requestsLine(testStart, "10")] });
    const forkOf = (number: number, of: { journal: string }) =>
      openTestJournal({
        key,
        journal: testJournalId(number),
        start: testStart,
        seed: number,
        replaces: { journal: of.journal, sequence: null, digest: null, reason: "corrupt" },
      });
    const second = forkOf(2, journal);
    const third = forkOf(3, second);
    await deliver(collector.url, second, second.seal());
    await deliver(collector.url, journal, old);
    const overlapping = third.seal({ usage: [requestsLine(testStart, "4")] });
    expect((await deliver(collector.url, third, overlapping)).receipt.code).toBe(
      "window_overlaps_replaced",
    );
  });
});

describe("a decision", () => {
  async function held() {
    const { collector, journal } = await acme(testStart + 5 * hour);
    await collector.api("POST", "/installations/acme/keys/1/revoke", {
      mode: "compromised",
      reason: "leaked",
    });
    const report = journal.seal({ usage: [requestsLine(testStart, "5")] });
    const first = await deliver(collector.url, journal, report);
    return { collector, journal, report, first, path: `/reports/acme/${journal.journal}/1` };
  }

  test("to accept counts once, moves coverage, says who and why, and leaves the receipt", async () => {
    const { collector, journal, report, first, path } = await held();
    const state = () => askState(collector.url, journal, testStart + 5 * hour);
    expect((await state()).covered_through).toBeNull();
    const accepted = await collector.api("POST", `${path}/accept`, { reason: "they called us" });
    expect(accepted).toMatchObject({
      status: 200,
      body: { decision: "accepted", decided_by: "owner", decision_reason: "they called us" },
    });
    expect(await counted(collector)).toBe("5");
    expect((await state()).covered_through).toBe("2026-01-05T01:00:00Z");
    const again = await collector.api("POST", `${path}/accept`, { reason: "once more" });
    expect(again).toMatchObject({ status: 409, body: { code: "report_decided" } });
    expect(await counted(collector)).toBe("5");
    expect((await deliver(collector.url, journal, report)).body).toEqual(first.body);
    const log = await collector.database.query(
      "select who, action, reason from audit_log where subject like 'report:%'",
    );
    expect(log).toEqual([{ who: "owner", action: "report.accepted", reason: "they called us" }]);
  });

  test("to accept declares its meters, as one that was accepted at once does", async () => {
    const { collector, path } = await held();
    await collector.api("POST", `${path}/accept`, { reason: "they called us" });
    const names = await collector.database.query<{ name: string }>(
      "select name from installation_meters order by name",
    );
    expect(names.map(({ name }) => name)).toEqual(["requests", "seats", "tokens"]);
  });

  test("to reject counts nothing and ends the waiting", async () => {
    const { collector, path } = await held();
    const before = await collector.api("GET", "/fleet");
    expect(before.body.items).toMatchObject([{ quarantined: 1 }]);
    await collector.api("POST", `${path}/reject`, { reason: "not theirs" });
    const after = await collector.api("GET", "/fleet");
    expect(after.body.items).toMatchObject([{ quarantined: 0 }]);
    expect(await counted(collector)).toBe("0");
  });

  test("to reject may be taken back, and counts then as if it had been accepted at once", async () => {
    const { collector, path } = await held();
    await collector.api("POST", `${path}/reject`, { reason: "not theirs" });
    const twice = await collector.api("POST", `${path}/reject`, { reason: "sure" });
    expect(twice).toMatchObject({ status: 409, body: { code: "report_decided" } });
    const accepted = await collector.api("POST", `${path}/accept`, { reason: "theirs after all" });
    expect(accepted).toMatchObject({ status: 200, body: { decision: "accepted" } });
    expect(await counted(collector)).toBe("5");
    const log = await collector.database.query(
      "select action, reason, before from audit_log where subject like 'report:%' order by id",
    );
    expect(log).toEqual([
      {
        action: "report.refused",
        reason: "not theirs",
        before: '{"outcome":"quarantined","decision":null}',
      },
      {
        action: "report.accepted",
        reason: "theirs after all",
        before: '{"outcome":"quarantined","decision":"refused"}',
      },
    ]);
  });

  test("to reject a closing report stands where the journal went on since", async () => {
    const { collector, journal } = await acme(testStart + 5 * hour);
    await collector.api("POST", "/installations/acme/keys/1/revoke", {
      mode: "compromised",
      reason: "leaked",
    });
    const last = journal.seal({ usage: [requestsLine(testStart, "5")], final: true });
    await deliver(collector.url, journal, last);
    const path = `/reports/acme/${journal.journal}/1`;
    await collector.api("POST", `${path}/reject`, { reason: "it goes on" });
    await deliver(collector.url, journal, journal.seal());
    const refused = await collector.api("POST", `${path}/accept`, { reason: "after all" });
    expect(refused).toMatchObject({ status: 409, body: { code: "report_not_acceptable" } });
    expect(await counted(collector)).toBe("0");
  });

  test("needs a reason, and a report that is held", async () => {
    const { collector, path } = await held();
    expect((await collector.api("POST", `${path}/accept`, {})).body).toMatchObject({
      code: "request_invalid",
    });
    const unknown = path.replace(/1$/, "9");
    expect(await collector.api("POST", `${unknown}/accept`, { reason: "x" })).toMatchObject({
      status: 404,
      body: { code: "report_unknown" },
    });
  });
});
