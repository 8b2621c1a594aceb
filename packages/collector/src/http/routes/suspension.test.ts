/** Suspending acts on entitlements alone; what belongs to nobody is recorded, listed and routed by date. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatInstant, secondsPerHour } from "@submeter/shared/time/instant";
import {
  startTestCollector,
  type TestCollector,
  testStart,
  untilEnd,
} from "../../collector.fixture.ts";
import {
  askState,
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../ingest/agent.fixture.ts";

const hour = secondsPerHour;
const { atEnd, end } = untilEnd();
let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({ atEnd, now: testStart + 3 * hour });
});
afterAll(end);

describe("a suspended installation", () => {
  test("is answered and counted like any other, and its agent is told that something changed", async () => {
    const key = await collector.enrol("owing");
    const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
    const before = await askState(collector.url, journal, collector.clock.now());

    const suspended = await collector.api("POST", "/installations/owing/suspend", {
      reason: "invoice of December unpaid",
    });
    expect(suspended.status).toBe(200);
    expect(suspended.body.suspended).toEqual({
      from: formatInstant(collector.clock.now()),
      reason: "invoice of December unpaid",
      by: "owner",
    });
    const usage = [requestsLine(testStart, "7")];
    const answer = await deliver(collector.url, journal, journal.seal({ usage }));
    expect([answer.status, answer.receipt.outcome]).toEqual([200, "accepted"]);
    const after = await askState(collector.url, journal, collector.clock.now());
    expect(after.revision).not.toBe(before.revision);
    expect(after.journals).toEqual([{ journal: testJournalId(1), through: 1 }]);
    const counted = await collector.api(
      "GET",
      `/usage?from=2026-01-05&to=2026-01-06&installation=owing&by=total`,
    );
    expect(counted.body.totals).toEqual({ requests: "7" });

    const again = await collector.api("POST", "/installations/owing/suspend", { reason: "again" });
    expect([again.status, again.body.code]).toEqual([409, "installation_suspended"]);
    const resumed = await collector.api("POST", "/installations/owing/resume", { reason: "paid" });
    expect(resumed.body.suspended).toBeNull();
    const twice = await collector.api("POST", "/installations/owing/resume", { reason: "paid" });
    expect([twice.status, twice.body.code]).toEqual([409, "installation_not_suspended"]);
  });

  test("stands in the audit log with who, why, before and after", async () => {
    const rows = await collector.database.query(
      `select who, action, reason, before::jsonb ->> 'suspended' as before, after::jsonb ->> 'suspended' as after
         from audit_log where subject = 'installation:owing' and action ~ 'suspended|resumed' order by id`,
    );
    expect(rows).toEqual([
      {
        who: "owner",
        action: "installation.suspended",
        reason: "invoice of December unpaid",
        before: "false",
        after: "true",
      },
      {
        who: "owner",
        action: "installation.resumed",
        reason: "paid",
        before: "true",
        after: "false",
      },
    ]);
  });
});

describe("subjects of an installation that serves many", () => {
  test("are nobody's until they are assigned, and then belong to whom they were assigned in each hour", async () => {
    const { api, url } = collector;
    for (const id of ["vendor", "red", "blue"]) await api("POST", "/customers", { id, name: id });
    const { body } = await api("POST", "/installations", {
      id: "saas",
      customer: "vendor",
      enrolled: "2026-01-05T00:00:00Z",
      subject_routing: true,
    });
    const journal = openTestJournal({
      key: body.environment.TELEMETRY_HMAC_KEY as string,
      journal: testJournalId(2),
      start: testStart,
    });
    const line = (at: number, subject: string, quantity: string) => ({
      ...requestsLine(at, quantity),
      dimensions: { subject },
    });
    const usage = [
      line(testStart, "tenant-1", "1"),
      line(testStart + hour, "tenant-1", "10"),
      line(testStart + 2 * hour, "tenant-1", "100"),
    ];
    await deliver(url, journal, journal.seal({ hours: 3, usage }));

    const unassigned = async () => (await api("GET", "/subjects?unassigned=true")).body.items;
    expect(await unassigned()).toEqual([
      {
        installation: "saas",
        subject: "tenant-1",
        customer: null,
        first_window: "2026-01-05T00:00:00Z",
        last_window: "2026-01-05T02:00:00Z",
        unassigned_lines: 3,
        unassigned_from: "2026-01-05T00:00:00Z",
      },
    ]);
    const assign = (customer: string, from: string) =>
      api("POST", "/installations/saas/assignments", { customer, from, subject: "tenant-1" });
    expect((await assign("red", "2026-01-05T00:00:00Z")).status).toBe(201);
    expect((await assign("blue", "2026-01-05T02:30:00Z")).status).toBe(201);
    expect(await unassigned()).toEqual([]);

    const totalOf = async (customer: string) =>
      (await api("GET", `/usage?from=2026-01-05&to=2026-01-06&by=total&customer=${customer}`)).body
        .totals;
    expect(await totalOf("red")).toEqual({ requests: "11" });
    expect(await totalOf("blue")).toEqual({ requests: "100" });
    expect(await totalOf("vendor")).toEqual({});
    const [known] = (await api("GET", "/subjects?installation=saas")).body.items;
    expect([known.subject, known.customer, known.unassigned_lines]).toEqual([
      "tenant-1",
      "blue",
      0,
    ]);
  });
});
