/**
 * What no agent would send: published vectors of others, and seeded mutations of valid reports. Nothing of it may end the
 * collector, be answered as our own fault, or be counted.
 */

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { formatInstant } from "@submeter/shared/time/instant";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import { contentDigest } from "@submeter/shared/wire/digest";
import { type SignatureHeaders, signDocument } from "@submeter/shared/wire/document";
import { formatKey, parseKey } from "@submeter/shared/wire/key";
import { startTestCollector, testStart } from "../../collector.fixture.ts";
import {
  openTestJournal,
  postDocument,
  requestsLine,
  testJournalId,
} from "../../ingest/agent.fixture.ts";
import { type Ingest, type IngestContext, openIngest } from "../../ingest/ingest.ts";
import type { Keyring } from "../../ingest/keyring.ts";
import { dice, mutated } from "../../ingest/mutations.fixture.ts";

const bodiesCount = 200_000;
const overHttpCount = 4000;
const seed = 20_260_105;
const hour = 3600;

/** What an agent keeps and comes again with, or is told for good; never a failure of ours. */
/** 429: an address whose bundles prove nothing has its share of them read at once. */
const expected = new Set([200, 202, 400, 401, 403, 409, 413, 415, 422, 429, 503]);

const wire = new URL("../../../../shared/src/wire/", import.meta.url);
const fileOf = (name: string): Uint8Array => readFileSync(new URL(name, wire));

/** Documents of the wire's own golden files, and messages that others published with their signatures. */
function published(): Uint8Array[] {
  const golden = ["hello", "receipt", "report", "state"].map((name) =>
    fileOf(`golden/${name}.txt`),
  );
  const bodies = golden.map((bytes) => bytes.subarray(Buffer.from(bytes).lastIndexOf("\n{") + 1));
  const wycheproof = JSON.parse(
    Buffer.from(fileOf("vectors/wycheproof-hmac-sha256.json")).toString(),
  ) as { testGroups: { tests: { msg: string }[] }[] };
  const messages = wycheproof.testGroups.flatMap(({ tests }) =>
    tests.map(({ msg }) => Buffer.from(msg, "hex")),
  );
  const rfc = ["b25-hmac-sha256", "b26-ed25519"].map((name) =>
    fileOf(`vectors/rfc9421-${name}.json`),
  );
  return [...bodies, ...messages, ...rfc];
}

function validReports(key: string): Uint8Array[] {
  const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart - 72 * hour });
  const usage = Array.from({ length: 12 }, (_, index) =>
    requestsLine(testStart - (72 - (index % 6)) * hour, String(index + 1)),
  ).filter((line, index, lines) => lines.findIndex((one) => one.window === line.window) === index);
  const replaces = {
    journal: testJournalId(9),
    sequence: 3,
    digest: "a".repeat(64),
    reason: "fork",
  } as const;
  return [
    journal.seal({ usage }),
    journal.seal({ usage: usage.slice(0, 1) }),
    journal.seal(),
    journal.seal({ change: (report) => ({ ...report, replaces, x: { note: "kept" } }) }),
    journal.seal({
      change: (report) => ({ ...report, sources: [{ name: "product", heard: report.coverage }] }),
    }),
    journal.seal({ usage, final: true }),
  ].map(({ body }) => body);
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe("what nobody should send", () => {
  test(
    `${bodiesCount} mutations go through the route's own code: none is our fault, none stays in memory`,
    { timeout: 120_000 },
    async () => {
      const ingest = readingOnly();
      const roll = dice(seed);
      const valid = validReports(formatKey("acme", "1", new Uint8Array(32)));
      const others = [...valid, ...published()];
      const headers = { "content-digest": "", "signature-input": "", signature: "" };
      const statuses = new Map<number, number>();
      let heapBefore = 0;
      for (let count = 0; count < bodiesCount; count += 1) {
        if (count === bodiesCount / 10) heapBefore = heapBytes();
        const base = roll(8) === 0 ? others[roll(others.length)] : valid[roll(valid.length)];
        const body = mutated(roll, base ?? new Uint8Array(), others);
        const { status } = await ingest.report({ body, headers });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      expect(
        [...statuses.keys()].filter((status) => !expected.has(status)),
        `seed ${seed}`,
      ).toEqual([]);
      // Many are still JSON that names itself, so that the whole of the reading has been gone through.
      expect(statuses.get(403)).toBeGreaterThan(bodiesCount / 5);
      expect(statuses.get(400)).toBeGreaterThan(bodiesCount / 4);
      expect(heapBytes() - heapBefore).toBeLessThan(8 * 1024 * 1024);
      expect(ingest.counts).toMatchObject({ waitingBytes: 0, waitingItems: 0 });
    },
  );

  test("mutations that are signed, over HTTP too: recorded, held or refused, and nothing of them is counted", async () => {
    const collector = await startTestCollector();
    // Enrolled after all that they can speak of which is not of the future: nothing of it may count.
    const enrolled = formatInstant(testStart + 30 * 24 * hour);
    const keyText = await collector.enrol("acme", enrolled);
    const key = parseKey(keyText);
    const roll = dice(seed + 1);
    const valid = validReports(keyText);
    const others = [...valid, ...published()];
    const statuses = new Map<number, number>();
    const send = async (): Promise<void> => {
      // Each of a journal of its own, so that they are not all conflicts with the first.
      const base = Buffer.from(valid[roll(valid.length)] ?? "").toString();
      const fresh = base.replaceAll(testJournalId(1), testJournalId(100 + left));
      const body = mutated(roll, Buffer.from(fresh), others);
      const created = testStart;
      const signed = signDocument({ body, tag: "submeter-report", created, key });
      const { status } = await sendSomehow(collector.url, body, mutatedHeaders(signed), roll);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    };
    const mutatedHeaders = (headers: SignatureHeaders): SignatureHeaders => {
      if (roll(8) !== 0) return headers;
      const names = ["content-digest", "signature-input", "signature"] as const;
      const name = names[roll(3)] ?? "signature";
      const text = headers[name];
      const at = roll(text.length);
      const odd = [";", "!", ", sub=:AA==:", '"', "ABC"][roll(5)] ?? "";
      return { ...headers, [name]: text.slice(0, at) + odd + text.slice(at + roll(3)) };
    };
    let left = overHttpCount;
    const sender = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await send();
      }
    };
    await Promise.all(Array.from({ length: 64 }, sender));
    expect(
      [...statuses.keys()].filter((status) => !expected.has(status)),
      `seed ${seed + 1}`,
    ).toEqual([]);
    // Rejected and quarantined, for all kinds of reasons.
    expect(statuses.get(422)).toBeGreaterThan(overHttpCount / 10);
    expect(statuses.get(202)).toBeGreaterThan(5);
    const counted = await collector.database.query("select from usage_hourly");
    expect(counted).toEqual([]);
    const accepted = await collector.database.query(
      "select from reports where outcome = 'accepted' and lines > 0",
    );
    expect(accepted).toEqual([]);
    expect((await fetch(`${collector.url}/readyz`)).status).toBe(200);
  });
});

/** Through the whole of reading: everything is taken as signed, by another installation than any that a body names. */
function readingOnly(): Ingest {
  const signer = {
    installation: "another",
    number: "1",
    keyId: "another.1",
    secret: new Uint8Array(32),
  };
  const keyring: Keyring = {
    isUsable: async () => true,
    identify: async () => ({ kind: "identified", signer, proofKey: null, proof: null }),
  };
  const logger = pino({ level: "silent" });
  const context: Partial<IngestContext> = { keyring, logger, bucketsCount: 4 };
  return openIngest(context as IngestContext);
}

/** As a report, a hello or a bundle, with the right media type or another. */
async function sendSomehow(
  url: string,
  body: Uint8Array,
  headers: SignatureHeaders,
  roll: (below: number) => number,
): Promise<{ status: number }> {
  switch (roll(12)) {
    case 0:
      return postDocument(`${url}/state`, { body, headers });
    case 1: {
      const text = Buffer.from(body).toString();
      const line = Buffer.from(`${JSON.stringify({ headers, body: text })}\n`);
      const lines = Buffer.concat([line, line.subarray(0, roll(line.length)), line]);
      return fetch(`${url}/ingest`, {
        method: "POST",
        headers: { "content-type": bundleMediaType },
        body: lines,
      });
    }
    case 2:
      return fetch(`${url}/ingest`, {
        method: "POST",
        headers: { "content-type": "text/plain", "content-digest": contentDigest(body) },
        body: Buffer.from(body),
      });
    default:
      return postDocument(`${url}/ingest`, { body, headers });
  }
}
