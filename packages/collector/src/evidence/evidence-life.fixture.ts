/** A month of an invoice's life through the real collector: signed reports, a decision, late data, corrections. */

import {
  formatInstant,
  type Instant,
  parseInstant,
  secondsPerDay,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import { type AtEnd, startTestCollector, type TestCollector } from "../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  requestsLine,
  type TestJournal,
  testJournalId,
} from "../ingest/agent.fixture.ts";

export const lifeStart = parseInstant("2026-01-01T00:00:00Z");

const plan = {
  version: 1,
  id: "standard",
  currency: "USD",
  meters: [
    { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
    { name: "tokens", unit: "token", aggregation: "sum", scale: 3, billed: false },
    { name: "seats", unit: "seat", aggregation: "max", scale: 0, billed: false },
  ],
  lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
};

export type EvidenceLife = {
  readonly collector: TestCollector;
  readonly invoice: string;
  readonly journals: readonly TestJournal[];
  moveTo(instant: Instant): Promise<void>;
};

/**
 * Two installations of Acme report a day at a time in January; the month is closed, and what comes late after it became a
 * second statement and a correction. `start`: the January.
 */
export async function livedMonth(atEnd?: AtEnd, start = lifeStart): Promise<EvidenceLife> {
  const collector = await startTestCollector({ now: start, ...(atEnd && { atEnd }) });
  const from = formatInstant(start);
  const { api, url } = collector;
  const moveTo = async (instant: Instant) => {
    await fetch(`${url}/dev/clock`, {
      method: "POST",
      headers: { authorization: `Bearer ${collector.token}`, "content-type": "application/json" },
      body: JSON.stringify({ now: new Date(instant * 1000).toISOString(), settle: true }),
    });
  };
  await api("POST", "/customers", { id: "acme", name: "Acme" });
  await api("POST", "/plans", plan);
  await api("PUT", "/contracts/acme", {
    version: 1,
    id: "acme",
    customer: "acme",
    plan: { id: "standard", version: 1 },
    term: { from, to: null },
    cycle: { every: "month" },
  });
  const journals: TestJournal[] = [];
  for (const [index, id] of ["acme-eu", "acme-us"].entries()) {
    const { body } = await api("POST", "/installations", { id, customer: "acme", enrolled: from });
    const key = body.environment.TELEMETRY_HMAC_KEY as string;
    const journal = testJournalId(index + 1);
    journals.push(openTestJournal({ key, journal, start, seed: index + 1 }));
  }
  await moveTo(start + 32 * secondsPerDay);
  for (const [index, journal] of journals.entries()) {
    for (let day = 0; day < 32; day += 1)
      await report(url, journal, start + day * secondsPerDay, { day, seed: index });
  }
  await moveTo(start + 33 * secondsPerDay);
  const late = requestsLine(start + 19 * secondsPerDay + 10 * secondsPerHour, "700");
  for (const journal of journals)
    await deliver(url, journal, journal.seal({ hours: 24, usage: [late] }));
  await moveTo(start + 35 * secondsPerDay);
  const { body } = await api("GET", "/invoices");
  return { collector, invoice: body.items[0].id as string, journals, moveTo };
}

async function report(
  url: string,
  journal: TestJournal,
  from: Instant,
  { day, seed }: { day: number; seed: number },
): Promise<void> {
  const lines = [3, 9, 21].map((hour) =>
    requestsLine(from + hour * secondsPerHour, String(100 + day + seed)),
  );
  const window = new Date((from + 3 * secondsPerHour) * 1000).toISOString().replace(".000", "");
  const more = [
    { meter: "seats", window, dimensions: {}, quantity: String(5 + seed) },
    { meter: "tokens", window, dimensions: { model: "m1" }, quantity: "12.125" },
  ];
  // An agent proves the first report of each day; here every second day, so that chains are needed.
  const sealed = journal.seal({ hours: 24, usage: [...lines, ...more] });
  const sent = day % 2 === 0 ? sealed : journal.sign(sealed.report, { proof: false });
  await deliver(url, journal, sent);
}
