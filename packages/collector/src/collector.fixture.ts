/** A whole collector for tests: fresh database, movable clock, an owner's token, ids and randomness from a seed. */

import { createHash } from "node:crypto";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { parseInstant, type Instant } from "@submeter/shared/time/instant";
import { type RunningCollector, startCollector } from "./collector.ts";
import { type MovableClock, movableClock } from "./dev/movable-clock.ts";
import { answersHeldToSchema } from "./http/api/answers.fixture.ts";
import { issueFirstToken } from "./commands/init.ts";
import type { Database } from "./store/database.ts";
import { noPayments } from "./stripe/no-payments.ts";
import { freshDatabase } from "./store/database.fixture.ts";

export type TestCollector = {
  readonly url: string;
  readonly database: Database;
  readonly clock: MovableClock;
  readonly token: string;
  /** Calls the admin API. */
  readonly api: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ status: number; body: any }>;
  /** Adds a customer and an installation of it; answers the key. */
  enrol(id: string, enrolled?: string): Promise<string>;
  /** Stops the program and starts it anew on the same database. */
  restart(): Promise<TestCollector>;
};

/** Calls at the end, the last given first. */
export type AtEnd = (act: () => Promise<void>) => void;

/** For `beforeAll`: one collector for a whole file. `const { atEnd, end } = untilEnd()`; `afterAll(end)`. */
export function untilEnd(): { atEnd: AtEnd; end: () => Promise<void> } {
  const acts: (() => Promise<void>)[] = [];
  return {
    atEnd: (act) => acts.unshift(act),
    end: async () => {
      for (const act of acts) await act();
    },
  };
}

export const testStart: Instant = parseInstant("2026-01-05T00:00:00Z");
/** Obviously no secret. */
export const testMasterKey = { version: 1, bytes: new Uint8Array(32).fill(0x5a) };

/** Deterministic bytes: SHA-256 of a counter. */
export function seededRandom(seed: string): (length: number) => Uint8Array {
  let count = 0;
  return (length) => {
    const digest = createHash("sha256")
      .update(`${seed} ${(count += 1)}`)
      .digest();
    return Uint8Array.from(Buffer.concat([digest, digest]).subarray(0, length));
  };
}

export async function startTestCollector(
  o: {
    now?: Instant;
    database?: Database;
    /** Where to leave what is to be done at the end; by default the running test's. */
    atEnd?: AtEnd;
  } = {},
): Promise<TestCollector> {
  const atEnd = o.atEnd ?? onTestFinished;
  const database = o.database ?? (await freshDatabase());
  if (o.database === undefined) atEnd(() => database.close());
  const clock = movableClock(o.now ?? testStart);
  const random = seededRandom("token");
  const token = await issueFirstToken({ database, clock, random });
  return start({ database, clock, token: token ?? "", atEnd }, 1);
}

async function start(
  o: { database: Database; clock: MovableClock; token: string; atEnd: AtEnd },
  generation: number,
): Promise<TestCollector> {
  const { database, clock, token } = o;
  const random = seededRandom(`collector ${generation}`);
  const running: RunningCollector = await startCollector({
    databaseUrl: database.url,
    masterKey: testMasterKey,
    listen: { host: "127.0.0.1", port: 0, behindTlsProxy: false },
    clock,
    devClock: clock,
    payments: noPayments,
    eventsToLoopback: true,
    logger: pino({ level: "silent" }),
    ids: () => uuidOf(random(16)),
    random,
    serializerFor: answersHeldToSchema,
  });
  let closed = false;
  const close = async () => {
    if (!closed) await running.close();
    closed = true;
  };
  o.atEnd(close);
  const api: TestCollector["api"] = async (method, path, body) => {
    const response = await fetch(`${running.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        // As `submeter` does; so every write of every test also proves that it can be done once.
        ...(method !== "GET" && { "idempotency-key": uuidOf(random(16)) }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };
  return {
    url: running.url,
    database,
    clock,
    token,
    api,
    enrol: async (id, enrolled = "2026-01-01T00:00:00Z") => {
      const customer = `customer-of-${id}`;
      await api("POST", "/customers", { id: customer, name: customer });
      const { body } = await api("POST", "/installations", { id, customer, enrolled });
      return body.environment.TELEMETRY_HMAC_KEY as string;
    },
    restart: async () => {
      await close();
      return start(o, generation + 1);
    },
  };
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
