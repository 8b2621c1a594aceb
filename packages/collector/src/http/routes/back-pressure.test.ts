/** Too much at once: agents are told to wait, the one that floods first, before memory or the pool suffers. */

import fastify from "fastify";
import { pino } from "pino";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { formatKey } from "@submeter/shared/wire/key";
import { startTestCollector, testStart } from "../../collector.fixture.ts";
import {
  askState,
  deliver,
  openTestJournal,
  postDocument,
  testJournalId,
} from "../../ingest/agent.fixture.ts";
import { type Ingest, type IngestContext, openIngest } from "../../ingest/ingest.ts";
import type { Keyring } from "../../ingest/keyring.ts";
import type { HttpServer } from "../server.ts";
import { movableClock } from "../../dev/movable-clock.ts";
import { ingestRoutes } from "./ingest.ts";

const mebibyte = 1024 * 1024;

/** A database that takes transactions and never ends them: everything that is taken in waits. */
function stuck(): Ingest {
  const keyring: Keyring = {
    isUsable: async () => true,
    identify: async ({ body }) => {
      const { installation } = JSON.parse(Buffer.from(body).toString()) as { installation: string };
      const signer = {
        installation,
        number: "1",
        keyId: `${installation}.1`,
        secret: new Uint8Array(),
      };
      return { kind: "identified", signer, proofKey: null, proof: null };
    },
  };
  const never = new Promise<never>(() => {});
  const context: Partial<IngestContext> = {
    keyring,
    logger: pino({ level: "silent" }),
    bucketsCount: 2,
    clock: { now: () => 0, nowMs: () => 0, monotonicMs: () => 0 },
    partitions: { ensure: () => never, ensureAhead: () => never },
  };
  return openIngest(context as IngestContext);
}

/** A report of half a mebibyte. */
function largeReport(installation: string, sequence: number) {
  const key = formatKey(installation, "1", new Uint8Array(32));
  const journal = openTestJournal({ key, journal: testJournalId(sequence), start: 0 });
  const filler = "x".repeat(mebibyte / 2 - 4000);
  return journal.seal({ change: (report) => ({ ...report, x: { filler } }) });
}

describe("when more comes than can be recorded", () => {
  test("one installation is held to its share, the others are taken in until nobody is, and memory holds no more", async () => {
    const ingest = stuck();
    const codeOf = async (installation: string, sequence: number): Promise<string> => {
      const answered = ingest.report(largeReport(installation, sequence));
      // What is taken in is not answered: the database is stuck.
      const first = await Promise.race([answered, settled().then(() => null)]);
      return first === null
        ? "taken in"
        : (JSON.parse(Buffer.from(first.body).toString()) as { code: string }).code;
    };
    for (let sequence = 1; sequence <= 16; sequence += 1) {
      expect(await codeOf("flood", sequence)).toBe("taken in");
    }
    expect(await codeOf("flood", 17)).toBe("share_full");
    let taken = 0;
    while (taken < 1000 && (await codeOf(`site-${taken}`, 1)) === "taken in") taken += 1;
    expect(await codeOf("another", 1)).toBe("overloaded");
    expect(taken).toBeGreaterThan(100);
    expect(ingest.counts.waitingBytes).toBeGreaterThan(63 * mebibyte);
    expect(ingest.counts.waitingBytes).toBeLessThanOrEqual(64 * mebibyte);
  });

  test.each([
    { status: 429, body: { code: "share_full" } },
    { status: 503, body: { code: "overloaded" } },
  ])("an agent that is answered $status is told when to come again", async ({ status, body }) => {
    const headers = { "content-type": "application/problem+json" };
    const answer = {
      status,
      headers,
      body: Buffer.from(JSON.stringify(body)),
      signer: null,
      stateRevision: null,
    };
    const server = fastify();
    onTestFinished(() => server.close());
    ingestRoutes(
      { report: async () => answer } as unknown as Ingest,
      movableClock(0),
    )(server as unknown as HttpServer);
    const url = await server.listen({ host: "127.0.0.1", port: 0 });
    const told = await postDocument(`${url}/ingest`, largeReport("flood", 1));
    expect(told.status).toBe(status);
    expect(Number(told.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

test("an agent that nobody met yet is answered though the API has all of its connections in use", async () => {
  const collector = await startTestCollector();
  const key = await collector.enrol("acme");
  const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
  const freed = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holding = collector.database.transaction(async (db) => {
    await db.query("lock table plans in access exclusive mode");
    locked.resolve();
    await freed.promise;
  });
  await locked.promise;
  const asked = Array.from({ length: 25 }, () => collector.api("GET", "/plans"));
  try {
    await vi.waitFor(
      async () => {
        const [waiting] = await collector.database.query<{ count: number }>(
          "select count(*)::int as count from pg_locks l where not granted and l.database = (select oid from pg_database where datname = current_database())",
        );
        expect(waiting?.count).toBe(20);
      },
      { timeout: 8_000, interval: 50 },
    );
    await deliver(collector.url, journal, journal.seal());
    await askState(collector.url, journal, testStart);
  } finally {
    freed.resolve();
    await holding;
  }
  expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]));
});

/** After everything that can go on without a timer or a socket has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
