/** One contract that cannot be read costs nobody else anything, and is shown to the operator. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { formatInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { bundleMediaType, encodeBundleLine, parseAnswerLine } from "@submeter/shared/wire/bundle";
import {
  startTestCollector,
  type TestCollector,
  testStart,
  untilEnd,
} from "../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  type TestJournal,
  testJournalId,
  verifiedReceipt,
} from "../ingest/agent.fixture.ts";

const hour = secondsPerHour;
const { atEnd, end } = untilEnd();
let collector: TestCollector;
const journals: Record<string, TestJournal> = {};

/** Two customers report once; then the document of the first one's contract is no document any more. */
beforeAll(async () => {
  collector = await startTestCollector({ atEnd, now: testStart + hour });
  const { api } = collector;
  await api("POST", "/plans", {
    version: 1,
    id: "requests",
    currency: "USD",
    meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
    lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
  });
  for (const [index, id] of ["broken", "whole"].entries()) {
    const key = await collector.enrol(id);
    await api("PUT", `/contracts/${id}`, {
      version: 1,
      id,
      customer: `customer-of-${id}`,
      plan: { id: "requests", version: 1 },
      term: { from: "2026-01-01T00:00:00Z", to: null },
      cycle: { every: "month" },
      minimum: { amount: "100" },
      fallback: "floor",
    });
    journals[id] = openTestJournal({ key, journal: testJournalId(index + 1), start: testStart });
    await deliver(collector.url, journals[id], journals[id].seal());
  }
  await damage(`update contracts set document = '{' where id = 'broken'`);
});
afterAll(end);

/** As a disk or a hand does it: past the program, which only ever adds versions. */
async function damage(statement: string): Promise<void> {
  await collector.database.query("alter table contracts disable trigger user");
  await collector.database.query(statement);
  await collector.database.query("alter table contracts enable trigger user");
}

async function moveTo(seconds: number): Promise<void> {
  const answer = await fetch(`${collector.url}/dev/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${collector.token}`, "content-type": "application/json" },
    body: JSON.stringify({ now: formatInstant(testStart + seconds), settle: true }),
  });
  expect(answer.status).toBe(200);
}

test("the other installations are found offline, and told of, as ever", async () => {
  await moveTo(6 * hour);
  await moveTo(75 * hour);
  const { body } = await collector.api("GET", "/events?type=installation.*");
  const told = body.items.map(({ payload }: any) => [payload.type, payload.data.installation]);
  expect(told).toContainEqual(["installation.offline", "whole"]);
});

test("its own installation is judged by 72 hours, without an instant at which a minimum starts", async () => {
  const { body } = await collector.api("GET", "/fleet");
  expect(body.items).toMatchObject([
    { installation: "broken", state: "offline", fallback_from: null },
    {
      installation: "whole",
      state: "offline",
      fallback_from: formatInstant(testStart + 73 * hour),
    },
  ]);
});

test("the operator is shown which one it is", async () => {
  const { status, body } = await collector.api("GET", "/today");
  expect([status, body.unreadable]).toEqual([200, [{ contract: "broken", installations: 1 }]]);
  expect(body.waits_for_you).toBe(true);
});

test("its backlog is taken in and answered with receipts, whatever becomes of the state beside them", async () => {
  const journal = journals["broken"];
  if (journal === undefined) throw new Error("no journal");
  const sealed = [journal.seal(), journal.seal()];
  const answer = await fetch(`${collector.url}/ingest`, {
    method: "POST",
    headers: { "content-type": bundleMediaType },
    body: sealed.map(encodeBundleLine).join(""),
  });
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split("\n").filter(Boolean);
  const receipts = lines.map((line) => {
    const read = parseAnswerLine(new TextEncoder().encode(line));
    if (read.kind !== "answer") throw new Error(line);
    const { headers, body } = read.answer;
    return verifiedReceipt({ headers: new Headers(headers), body }, journal).sequence;
  });
  expect(receipts).toEqual([2, 3]);
});

test("the other customer's month is closed and booked", async () => {
  await moveTo(40 * 24 * hour);
  const { body } = await collector.api("GET", "/invoices");
  expect(body.items.map(({ customer }: any) => customer)).toEqual(["customer-of-whole"]);
  const today = await collector.api("GET", "/today");
  expect(today.body.unreadable).toMatchObject([{ contract: "broken" }]);
});

test("whole again, it is read again and its terms hold", async () => {
  await damage(
    `update contracts c set document = replace(w.document, 'whole', 'broken')
       from contracts w where c.id = 'broken' and w.id = 'whole'`,
  );
  await collector.api("POST", "/installations/broken/suspend", { reason: "a test" });
  const { body } = await collector.api("GET", "/today");
  expect(body.unreadable).toEqual([]);
});
