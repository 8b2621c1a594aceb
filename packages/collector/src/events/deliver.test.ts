/** Events reach whoever asked for them: signed, once, in spite of failing neighbours, and once more by hand. */

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Webhook } from "standardwebhooks";
import { type Instant, parseInstant } from "@submeter/shared/time/instant";
import { pino } from "pino";
import { seededRandom, testMasterKey, untilEnd } from "../collector.fixture.ts";
import { type MovableClock, movableClock } from "../dev/movable-clock.ts";
import type { Database } from "../store/database.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { listEvents, type NewEvent, recordEvents } from "../store/events.ts";
import { listDeliveries } from "../store/webhooks.ts";
import { deliverDue, type EventsContext } from "./deliver.ts";
import { addEndpoint, redeliver, removeEndpoint, rotateSecret, testEndpoint } from "./endpoints.ts";
import { openEvents } from "./open-events.ts";
import { answering, startReceiver } from "./receiver.fixture.ts";

const owner = { name: "Ada" };
const start = parseInstant("2026-01-05T00:00:00Z");
const { atEnd, end } = untilEnd();
let database: Database;
let clock: MovableClock;
let context: EventsContext;

beforeAll(async () => {
  database = await freshDatabase();
  atEnd(() => database.close());
  await database.query(
    "insert into master_keys (version, fingerprint, created_at) values (1, 'test', now())",
  );
});
afterAll(end);

const random = seededRandom("events");
beforeEach(async () => {
  await database.query(
    "truncate events, webhook_endpoints, webhook_secrets, webhook_deliveries, webhook_attempts",
  );
  clock = movableClock(start);
  context = openEvents({
    database,
    clock,
    logger: pino({ level: "silent" }),
    masterKey: testMasterKey,
    random,
    allowLoopback: true,
  });
});

const late = (key: string, at: Instant = start): NewEvent => ({
  type: "installation.late",
  key,
  at,
  customer: "acme",
  installation: "acme-eu",
  data: { installation: "acme-eu", key },
});
const tell = (...events: NewEvent[]) => recordEvents(database, events, clock.now());
const endpointAt = (url: string, types: string[] = []) =>
  addEndpoint(context, owner, { url, types, description: "" });
const statusesOf = async (endpoint: string) =>
  (await listDeliveries(database, { endpoint, status: null }, { after: null, limit: 50 })).map(
    ({ status, attempts }) => [status, attempts],
  );

describe("an event", () => {
  test("is delivered with a signature that a verifier of others accepts, and its own bytes", async () => {
    const receiver = await startReceiver();
    const { secret } = await endpointAt(receiver.url);
    const [id] = await tell(late("a"));
    expect(await deliverDue(context)).toEqual({ delivered: 1, failed: 0 });
    const [got] = receiver.received;
    const headers = got?.headers as Record<string, string>;
    // The library holds the timestamp against its own clock: shift it to the one that signed.
    const verified = atTime(start, () => new Webhook(secret).verify(got?.body ?? "", headers));
    expect(verified).toEqual({
      type: "installation.late",
      timestamp: "2026-01-05T00:00:00Z",
      data: { installation: "acme-eu", key: "a" },
    });
    expect(headers["webhook-id"]).toBe(id);
    expect(await deliverDue(context)).toEqual({ delivered: 0, failed: 0 });
  });

  test("is recorded once, whoever comes across it again", async () => {
    expect(await tell(late("a"))).toHaveLength(1);
    expect(await tell(late("a", start + 60), late("b"))).toHaveLength(1);
    const all = await listEvents(
      database,
      { type: null, customer: "acme" },
      { after: null, limit: 9 },
    );
    expect(all).toHaveLength(2);
  });

  test("is not recorded where its cause is rolled back", async () => {
    const rolledBack = database.transaction(async (db) => {
      await recordEvents(db, [late("a")], start);
      throw new Error("the cause failed");
    });
    await expect(rolledBack).rejects.toThrow("the cause failed");
    expect(
      await listEvents(database, { type: null, customer: null }, { after: null, limit: 9 }),
    ).toEqual([]);
  });

  test.each([
    { types: [], told: 2 },
    { types: ["installation.*"], told: 1 },
    { types: ["invoice.booked", "installation.late"], told: 2 },
    { types: ["report.quarantined"], told: 0 },
  ])("goes to who asked for $types: $told of two", async ({ types, told }) => {
    const receiver = await startReceiver();
    await endpointAt(receiver.url, types);
    await tell(late("a"), { type: "invoice.booked", key: "i", at: start, data: {} });
    await deliverDue(context);
    expect(receiver.received).toHaveLength(told);
  });
});

describe("an endpoint that fails", () => {
  test("costs the others nothing, and is tried again when its time has come", async () => {
    const [broken, well] = [await startReceiver(), await startReceiver()];
    broken.answer = answering(503, "out to lunch");
    const first = await endpointAt(broken.url);
    await endpointAt(well.url);
    await tell(late("a"), late("b"));
    expect(await deliverDue(context)).toEqual({ delivered: 2, failed: 1 });
    expect([well.received.length, broken.received.length]).toEqual([2, 1]);

    // Nothing before its time.
    await deliverDue(context);
    expect(broken.received).toHaveLength(1);
    broken.answer = answering(200);
    clock.moveTo(start + 120);
    expect(await deliverDue(context)).toEqual({ delivered: 2, failed: 0 });
    expect(await statusesOf(first.endpoint.id)).toEqual(
      expect.arrayContaining([
        ["delivered", 1],
        ["delivered", 2],
      ]),
    );
    const attempts = await database.query(
      "select number, status, detail from webhook_attempts where endpoint_id = $1 order by event_id, number",
      [first.endpoint.id],
    );
    expect(attempts).toContainEqual({ number: 1, status: 503, detail: "out to lunch" });
  });

  test("is given up after days, and told once more by hand", async () => {
    const receiver = await startReceiver();
    receiver.answer = answering(500);
    const { endpoint } = await endpointAt(receiver.url);
    const [event = ""] = await tell(late("a"));
    for (let day = 0; day < 40; day += 1) {
      clock.moveTo(start + day * 12 * 3600);
      await deliverDue(context);
    }
    expect(await statusesOf(endpoint.id)).toEqual([["failed", 10]]);
    expect(receiver.received).toHaveLength(10);

    receiver.answer = answering(200, "thanks");
    const again = await redeliver(context, { endpoint: endpoint.id, event });
    expect(again).toMatchObject({ status: 200, detail: "thanks" });
    expect(await statusesOf(endpoint.id)).toEqual([["delivered", 11]]);
    expect(receiver.received.at(-1)?.body).toBe(receiver.received[0]?.body);
  });

  test("and says that it is gone is sent nothing more", async () => {
    const receiver = await startReceiver();
    receiver.answer = answering(410);
    const { endpoint } = await endpointAt(receiver.url);
    await tell(late("a"), late("b"));
    await deliverDue(context);
    clock.moveTo(start + 3600);
    await tell(late("c"));
    await deliverDue(context);
    expect(receiver.received).toHaveLength(1);
    await expect(testEndpoint(context, owner, endpoint.id)).rejects.toMatchObject({
      code: "webhook_disabled",
    });
  });

  test("whose process died with it in hand is served by the next", async () => {
    const receiver = await startReceiver();
    await endpointAt(receiver.url);
    await tell(late("a"));
    const dying = { ...context, post: () => Promise.reject(new Error("killed")) };
    expect(await deliverDue(dying)).toEqual({ delivered: 0, failed: 1 });
    expect(await deliverDue(context)).toEqual({ delivered: 0, failed: 0 });
    clock.moveTo(start + 121);
    expect(await deliverDue(context)).toEqual({ delivered: 1, failed: 0 });
  });
});

describe("an endpoint that is slow", () => {
  const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
  const ok = { status: 200, detail: "", milliseconds: 0 };

  test("keeps nobody waiting but itself", async () => {
    const [slow, quick] = [await startReceiver(), await startReceiver()];
    await endpointAt(slow.url);
    await endpointAt(quick.url);
    await tell(...keys.map((key) => late(key)));
    const thinking = Promise.withResolvers<void>();
    const post: EventsContext["post"] = async (message) => {
      if (message.url === slow.url) await thinking.promise;
      return context.post(message);
    };
    const delivering = deliverDue({ ...context, post });
    await vi.waitFor(() => expect(quick.received).toHaveLength(50), { timeout: 10_000 });
    expect(slow.received).toEqual([]);
    thinking.resolve();
    expect(await delivering).toEqual({ delivered: 100, failed: 0 });
  });

  test("is sent nothing twice, though another replica looks for what is due all the while", async () => {
    await endpointAt("http://127.0.0.1:9/slow");
    await tell(...keys.map((key) => late(key)));
    const sent: string[] = [];
    const note = (headers: Record<string, string>) => sent.push(headers["webhook-id"] ?? "");
    const other: EventsContext = {
      ...context,
      post: async ({ headers }) => {
        note(headers);
        return ok;
      },
    };
    const slowly: EventsContext = {
      ...context,
      post: async ({ headers }) => {
        note(headers);
        clock.moveTo(clock.now() + 14);
        await deliverDue(other);
        return ok;
      },
    };
    for (let run = 0; run < 20 && sent.length < keys.length; run += 1) await deliverDue(slowly);
    expect(sent).toHaveLength(keys.length);
    expect(new Set(sent).size).toBe(keys.length);
  });
});

test("an endpoint that cannot be signed for keeps the others from nothing", async () => {
  const [broken, well] = [await startReceiver(), await startReceiver()];
  const first = await endpointAt(broken.url);
  await endpointAt(well.url);
  await database.query("update webhook_secrets set sealed = 'nonsense' where endpoint_id = $1", [
    first.endpoint.id,
  ]);
  await tell(late("a"));
  expect(await deliverDue(context)).toEqual({ delivered: 1, failed: 1 });
  expect([broken.received.length, well.received.length]).toEqual([0, 1]);
});

describe("a secret", () => {
  test("is replaced with an overlap in which both sign", async () => {
    const receiver = await startReceiver();
    const { endpoint, secret: older } = await endpointAt(receiver.url);
    const { secret: newer } = await rotateSecret(context, owner, {
      id: endpoint.id,
      overlapHours: 24,
    });
    const accepts = async (secret: string, at: Instant) => {
      clock.moveTo(at);
      await testEndpoint(context, owner, endpoint.id);
      const got = receiver.received.at(-1);
      try {
        const headers = got?.headers as Record<string, string>;
        return Boolean(atTime(at, () => new Webhook(secret).verify(got?.body ?? "", headers)));
      } catch {
        return false;
      }
    };
    expect(await accepts(older, start + 3600)).toBe(true);
    expect(await accepts(newer, start + 3600)).toBe(true);
    expect(await accepts(older, start + 25 * 3600)).toBe(false);
    expect(await accepts(newer, start + 25 * 3600)).toBe(true);
  });

  test("stands sealed in the database, and never in the audit log", async () => {
    const receiver = await startReceiver();
    const { endpoint, secret } = await endpointAt(receiver.url);
    await removeEndpoint(context, owner, { id: endpoint.id, reason: "moved" });
    const encoded = secret.slice("whsec_".length);
    const bytes = Buffer.from(encoded, "base64");
    const sealed = await database.query<{ sealed: Buffer }>("select sealed from webhook_secrets");
    expect(sealed.some((row) => row.sealed.includes(bytes))).toBe(false);
    const [audited] = await database.query<{ text: string }>(
      "select string_agg(a::text, ' ') as text from audit_log a",
    );
    expect(audited?.text).toContain("webhook.removed");
    expect(audited?.text).not.toContain(encoded);
  });
});

test.each([
  { url: "https://10.0.0.1/hook", types: [], code: "webhook_url_refused" },
  { url: "https://hooks.example.com/", types: ["invoice.paid.twice"], code: "event_type_unknown" },
])("an endpoint at $url that asks for $types is refused: $code", async ({ url, types, code }) => {
  await expect(endpointAt(url, types)).rejects.toMatchObject({ code });
});

/** Runs `act` while the host's clock shows `now`: the verifier asks it. */
function atTime<T>(now: Instant, act: () => T): T {
  vi.useFakeTimers({ toFake: ["Date"], now: now * 1000 });
  try {
    return act();
  } finally {
    vi.useRealTimers();
  }
}
