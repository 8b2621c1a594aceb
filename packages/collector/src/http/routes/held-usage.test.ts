/** What is held is told to the one whose hours it is of. */

import { expect, test } from "vitest";
import { parseInstant, secondsPerDay } from "@submeter/shared/time/instant";
import { startTestCollector } from "../../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
  testMeters,
} from "../../ingest/agent.fixture.ts";

test("held usage of an installation that changed hands is told to each customer for his own hours", async () => {
  const collector = await startTestCollector();
  const { api, url } = collector;
  for (const id of ["acme", "other"]) await api("POST", "/customers", { id, name: id });
  const monday = parseInstant("2026-01-05T00:00:00Z");
  const made = await api("POST", "/installations", {
    id: "acme-1",
    customer: "acme",
    enrolled: "2026-01-05T00:00:00Z",
  });
  const from = "2026-01-06T00:00:00Z";
  await api("POST", "/installations/acme-1/assignments", { customer: "other", from });
  collector.clock.moveTo(monday + 3 * secondsPerDay);
  const key = made.body.environment.TELEMETRY_HMAC_KEY as string;
  const journal = openTestJournal({ key, journal: testJournalId(1), start: monday });
  await deliver(url, journal, journal.seal());
  const usage = [requestsLine(monday, "5"), requestsLine(monday + secondsPerDay, "7")];
  const meters = testMeters.map((meter) => ({ ...meter, unit: "another" }));
  const sealed = journal.seal({ hours: 47, usage, change: (report) => ({ ...report, meters }) });
  expect((await deliver(url, journal, sealed)).receipt.outcome).toBe("quarantined");

  const heldOf = async (customer: string) => {
    const span = "from=2026-01-04&to=2026-01-06&by=total";
    const { body } = await api("GET", `/usage?${span}&customer=${customer}`);
    return body.quarantined.map((row: { customer: string; quantity: string }) => [
      row.customer,
      row.quantity,
    ]);
  };
  expect(await heldOf("acme")).toEqual([["acme", "5"]]);
  expect(await heldOf("other")).toEqual([["other", "7"]]);
});
