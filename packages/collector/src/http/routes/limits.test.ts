import { afterAll, beforeAll, expect, test } from "vitest";
import { parseInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { startTestCollector, type TestCollector, untilEnd } from "../../collector.fixture.ts";
import { deliver, openTestJournal, testJournalId } from "../../ingest/agent.fixture.ts";

const monday = parseInstant("2026-01-05T00:00:00Z");
const meter = {
  name: "storage_gib_seconds",
  unit: "GiB-second",
  aggregation: "time_weighted" as const,
  scale: 0,
};

const { atEnd, end } = untilEnd();
let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({ atEnd });
  const { api } = collector;
  await api("POST", "/plans", {
    version: 1,
    id: "stored",
    currency: "USD",
    entitlements: { agents_max: 3 },
    meters: [meter],
    lines: [
      { id: "storage", kind: "usage", meter: meter.name, included: "10000", unit_price: "0.01" },
    ],
  });
  await api("POST", "/customers", { id: "acme", name: "Acme" });
  await api("PUT", "/contracts/acme", {
    version: 1,
    id: "acme",
    customer: "acme",
    plan: { id: "stored", version: 1 },
    term: { from: "2026-01-01T00:00:00Z", to: null },
    cycle: { every: "month" },
  });
});
afterAll(end);

const limits = async () => (await collector.api("GET", "/user/limits?customer=acme")).body;

test("without a contract there are no limits, and storage is not known: it is not zero", async () => {
  await collector.api("POST", "/customers", { id: "nobody", name: "Nobody" });
  const { body } = await collector.api("GET", "/user/limits?customer=nobody");
  expect(body).toMatchObject({ period: null, meters: [], storage_gb: null, storage_as_of: null });
});

test("what is held in storage is told with the hour that it is known for, and before the first report not at all", async () => {
  const { api, clock, url } = collector;
  const { body } = await api("POST", "/installations", {
    id: "acme-1",
    customer: "acme",
    enrolled: "2026-01-05",
  });
  expect(await limits()).toMatchObject({
    period: { from: "2026-01-01T00:00:00Z" },
    features: { agents_max: 3 },
    meters: [{ meter: meter.name, used: "0", quota: "10000" }],
    storage_gb: null,
    storage_unit: "GiB",
    storage_as_of: null,
  });
  const journal = openTestJournal({
    key: body.environment.TELEMETRY_HMAC_KEY as string,
    journal: testJournalId(1),
    start: monday,
  });
  const held = (at: number, quantity: string) => ({
    meter: meter.name,
    window: new Date(at * 1000).toISOString().replace(".000", ""),
    dimensions: {},
    quantity,
  });
  const send = async (hours: number, usage: ReturnType<typeof held>[]) => {
    const sealed = journal.seal({
      hours,
      usage,
      change: (report) => ({ ...report, meters: [meter] }),
    });
    clock.moveTo(parseInstant(sealed.report.sealed_at));
    expect((await deliver(url, journal, sealed)).receipt.outcome).toBe("accepted");
  };
  await send(2, [held(monday, "3600"), held(monday + secondsPerHour, "4500")]);
  expect(await limits()).toMatchObject({
    meters: [{ used: "8100" }],
    storage_gb: "1.25",
    storage_as_of: "2026-01-05T02:00:00Z",
  });
  // An hour that was counted and brought nothing: emptied, which is a true zero.
  await send(1, []);
  expect(await limits()).toMatchObject({ storage_gb: "0", storage_as_of: "2026-01-05T03:00:00Z" });
});
