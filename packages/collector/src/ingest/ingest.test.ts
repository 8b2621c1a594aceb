import { describe, expect, test } from "vitest";
import { startTestCollector, testStart } from "../collector.fixture.ts";
import {
  askState,
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "./agent.fixture.ts";

describe("a report", () => {
  test("is recorded once, counted, and answered with a receipt that both signatures verify", async () => {
    const collector = await startTestCollector();
    const key = await collector.enrol("acme");
    const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
    collector.clock.moveTo(testStart + 3600);
    const sealed = journal.seal({ usage: [requestsLine(testStart, "42")] });
    const answered = await deliver(collector.url, journal, sealed);
    expect(answered).toMatchObject({ status: 200, receipt: { outcome: "accepted", code: null } });
    const rows = await collector.database.query("select meter, quantity from usage_hourly");
    expect(rows).toEqual([{ meter: "requests", quantity: "42" }]);
    const state = await askState(collector.url, journal, testStart + 3600);
    expect(state.journals).toEqual([{ journal: journal.journal, through: 1 }]);
    expect(state.covered_through).toBe("2026-01-05T01:00:00Z");
  });
});
