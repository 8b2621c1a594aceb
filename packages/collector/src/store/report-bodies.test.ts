import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseInstant } from "@submeter/shared/time/instant";
import { startTestCollector, testStart } from "../collector.fixture.ts";
import { deliver, openTestJournal, requestsLine, testJournalId } from "../ingest/agent.fixture.ts";
import type { Database } from "./database.ts";
import { freshDatabase } from "./database.fixture.ts";
import { bodyPartitions, findDocuments, recordedMonth } from "./report-bodies.ts";

const hour = 3600;
const journal = testJournalId(1);

async function database(): Promise<Database> {
  const fresh = await freshDatabase();
  onTestFinished(() => fresh.close());
  return fresh;
}

async function partitionsOf(db: Database): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'report_bodies'::regclass order by 1`,
  );
  return rows.map(({ name }) => name);
}

describe("signed bytes", () => {
  test("stand in the partition of the month in which they were recorded, and come back as they were signed", async () => {
    const collector = await startTestCollector();
    const sender = openTestJournal({
      key: await collector.enrol("acme"),
      journal,
      start: testStart,
    });
    collector.clock.moveTo(parseInstant("2026-01-31T23:59:00Z"));
    const january = sender.seal({ usage: [requestsLine(testStart, "5")] });
    await deliver(collector.url, sender, january);
    collector.clock.moveTo(parseInstant("2026-02-01T00:00:00Z"));
    const february = sender.seal();
    await deliver(collector.url, sender, february);

    const rows = await collector.database.query(
      "select tableoid::regclass::text as partition, sequence, codec from report_bodies order by sequence",
    );
    expect(rows).toEqual([
      { partition: "report_bodies_2026_01", sequence: 1, codec: "deflate-1" },
      { partition: "report_bodies_2026_02", sequence: 2, codec: "deflate-1" },
    ]);
    const keys = [2, 3, 1].map((sequence) => ({ installation: "acme", journal, sequence }));
    const documents = await findDocuments(collector.database, keys);
    expect(documents).toEqual([signedBytes(february), null, signedBytes(january)]);
  });

  test("of a dropped month are gone; the report, its receipt and what the operator reads of it are not", async () => {
    const collector = await startTestCollector();
    const sender = openTestJournal({
      key: await collector.enrol("acme"),
      journal,
      start: testStart,
    });
    collector.clock.moveTo(testStart + hour);
    const sealed = sender.seal();
    const { receipt } = await deliver(collector.url, sender, sealed);
    collector.clock.moveTo(parseInstant("2026-03-05T00:00:00Z"));
    await collector.database.query("drop table report_bodies_2026_01");
    expect((await deliver(collector.url, sender, sealed)).receipt).toEqual(receipt);
    expect(await collector.api("GET", `/reports/acme/${journal}/1`)).toMatchObject({
      status: 200,
      body: { outcome: "accepted", body: null, headers: null, receipt },
    });
  });
});

describe("partitions", () => {
  test("are made once when several replicas need one at the same time", async () => {
    const db = await database();
    const now = parseInstant("2026-01-15T00:00:00Z");
    await Promise.all(Array.from({ length: 8 }, () => bodyPartitions(db).ensure(now)));
    expect(await partitionsOf(db)).toEqual(["report_bodies_2026_01"]);
  });

  test.each([
    { now: "2026-01-01T00:00:00Z", ahead: ["2026_01", "2026_02"] },
    { now: "2026-01-31T23:59:59Z", ahead: ["2026_01", "2026_02"] },
    { now: "2026-12-15T00:00:00Z", ahead: ["2026_12", "2027_01"] },
  ])("of the next month are there at $now already", async ({ now, ahead }) => {
    const db = await database();
    await bodyPartitions(db).ensureAhead(parseInstant(now));
    expect(await partitionsOf(db)).toEqual(ahead.map((month) => `report_bodies_${month}`));
  });

  test("go by one reckoning of months in SQL and in the program", async () => {
    const db = await database();
    for (const text of ["2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", "2028-02-29T12:00:00Z"]) {
      const [row] = await db.query<{ month: string }>(
        "select recorded_month(to_timestamp($1))::text as month",
        [parseInstant(text)],
      );
      expect(row?.month).toBe(recordedMonth(parseInstant(text)));
    }
  });

  test("take over what stood in the table of reports before there were any", async () => {
    const db = await database();
    await db.query("drop schema public cascade; create schema public");
    const folder = join(import.meta.dirname, "migrations");
    const files = (await readdir(folder)).toSorted();
    const turn = files.findIndex((name) => name.startsWith("0020-"));
    for (const name of files.slice(0, turn))
      await db.query(await readFile(join(folder, name), "utf8"));
    await db.query(
      `insert into reports (installation_id, journal, sequence, digest, key_number, outcome, recorded_at, revision,
         final, lines, body, signature_input, signature, receipt, receipt_proof_input, receipt_proof_signature)
       select 'acme', $1, n, '', '1', 'accepted', to_timestamp($2) + n * interval '40 days', n, false, 0,
         convert_to('{"n":' || n || E'}\\n', 'UTF8'), 'sub=input', 'sub=:signature:', '', '', ''
         from generate_series(1, 3) n`,
      [journal, testStart],
    );
    for (const name of files.slice(turn))
      await db.query(await readFile(join(folder, name), "utf8"));
    const keys = [1, 2, 3].map((sequence) => ({ installation: "acme", journal, sequence }));
    expect(await findDocuments(db, keys)).toEqual(
      keys.map(({ sequence }) => ({
        body: Buffer.from(`{"n":${sequence}}\n`),
        signature_input: "sub=input",
        signature: "sub=:signature:",
      })),
    );
    expect(await partitionsOf(db)).toHaveLength(3);
  });
});

function signedBytes({
  body,
  headers,
}: {
  body: Uint8Array;
  headers: { "signature-input": string; signature: string };
}) {
  return {
    body: Buffer.from(body),
    signature_input: headers["signature-input"],
    signature: headers.signature,
  };
}
