/** Events are kept for their time and then let go of; what somebody waits for is not, and nothing goes silently. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pino } from "pino";
import { formatInstant, parseInstant, secondsPerDay } from "@submeter/shared/time/instant";
import { untilEnd } from "../collector.fixture.ts";
import { type MovableClock, movableClock } from "../dev/movable-clock.ts";
import { entriesOf } from "../store/audit-log.fixture.ts";
import type { Database } from "../store/database.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { type NewEvent, recordEvents } from "../store/events.ts";
import { saveAttempt } from "../store/webhooks.ts";
import { sweepEvents } from "./sweep-events.ts";

const start = parseInstant("2026-01-05T00:00:00Z");
const { atEnd, end } = untilEnd();
let database: Database;
let clock: MovableClock;

beforeAll(async () => {
  database = await freshDatabase();
  atEnd(() => database.close());
});
afterAll(end);
beforeEach(async () => {
  await database.query(
    "truncate events, webhook_endpoints, webhook_deliveries, webhook_attempts cascade",
  );
  await database.query(
    `insert into webhook_endpoints (id, url, types, description, created_at, created_by)
     values ('wh_1', 'https://hooks.example.com', '{}', '', to_timestamp($1), 'Ada')`,
    [start],
  );
  clock = movableClock(start);
});

async function told(
  key: string,
  status: "pending" | "delivered" | "failed",
  event: Partial<NewEvent> = {},
) {
  const given = { type: "installation.late" as const, key, at: start, data: {}, ...event };
  const [id = ""] = await recordEvents(database, [given], start);
  if (status === "pending") return;
  const delivery = {
    endpoint_id: "wh_1",
    event_id: id,
    url: "",
    payload: "",
    attempts: 0,
    tries: 0,
  };
  const attempt = { at: start, status: 500, detail: "", milliseconds: 1 };
  await saveAttempt(database, delivery, attempt, { status, at: null });
}

async function sweptAfter(days: number): Promise<string[]> {
  clock.moveTo(start + days * secondsPerDay);
  const logger = pino({ level: "silent" });
  await sweepEvents({ database, clock, logger, retentionDays: 90 });
  const rows = await database.query<{ key: string }>("select key from events order by key");
  return rows.map(({ key }) => key.split(" ")[1] ?? "");
}

describe("what was told", () => {
  test("is kept for its time, and leaves with its deliveries and attempts", async () => {
    await told("a", "delivered");
    expect(await sweptAfter(90)).toEqual(["a"]);
    expect(await sweptAfter(91)).toEqual([]);
    const [left] = await database.query(
      `select (select count(*)::int from webhook_deliveries) as deliveries,
              (select count(*)::int from webhook_attempts) as attempts`,
    );
    expect(left).toEqual({ deliveries: 0, attempts: 0 });
    expect(await entriesOf(database)).toEqual([]);
  });

  test("stays while a delivery waits, however old it is", async () => {
    await told("waits", "pending");
    await told("a", "delivered");
    expect(await sweptAfter(3000)).toEqual(["waits"]);
  });

  test("stays four times as long when it was given up, and its end is in the audit log", async () => {
    await told("a", "failed");
    await told("b", "failed");
    expect(await sweptAfter(360)).toEqual(["a", "b"]);
    expect(await sweptAfter(361)).toEqual([]);
    expect(await entriesOf(database)).toMatchObject([
      {
        who: "submeter",
        action: "webhook.events_dropped",
        subject: "webhook:wh_1",
        reason: "not delivered within 360 days",
      },
    ]);
    const [{ after } = { after: "" }] = (await entriesOf(database)) as { after: string }[];
    expect(JSON.parse(after)).toEqual({
      events: 2,
      first: formatInstant(start),
      last: formatInstant(start),
    });
  });

  test("stays while its cause would tell it again: a quota's threshold until its period is over", async () => {
    const year = start + 365 * secondsPerDay;
    const data = { to: formatInstant(year) };
    await told("long", "delivered", { type: "usage.threshold_reached", data });
    expect(await sweptAfter(364)).toEqual(["long"]);
    expect(await sweptAfter(456)).toEqual([]);
  });

  test("is let go of in parts, all of it in one run", async () => {
    const many = Array.from({ length: 1_203 }, (_, n): NewEvent => {
      return { type: "invoice.booked", key: `${n}`, at: start, data: {} };
    });
    await recordEvents(database, many, start);
    await database.query("update webhook_deliveries set status = 'delivered', next_at = null");
    clock.moveTo(start + 91 * secondsPerDay);
    const given = { database, clock, logger: pino({ level: "silent" }), retentionDays: 90 };
    expect(await sweepEvents(given)).toBe(1_203);
  });
});
