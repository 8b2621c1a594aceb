/** Signed bytes leave the database for files, and leave for good only when nothing rests on them any more. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseInstant, secondsPerDay } from "@submeter/shared/time/instant";
import { seededRandom, testMasterKey } from "../collector.fixture.ts";
import { loadIdentity } from "../fleet/collector-identity.ts";
import { entriesOf } from "../store/audit-log.fixture.ts";
import type { Database } from "../store/database.ts";
import { findDocuments } from "../store/report-bodies.ts";
import { runWords } from "../operator/operator-session.fixture.ts";
import { livedMonth } from "./evidence-life.fixture.ts";
import { dropMonths, exportMonths } from "./export-months.ts";

const actor = { name: "owner" };
const years = (count: number) => Math.ceil(count * 365.25) * secondsPerDay;

async function lived() {
  const life = await livedMonth();
  const { database, clock } = life.collector;
  const folder = mkdtempSync(join(tmpdir(), "submeter-export-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const random = seededRandom("export");
  const identity = await loadIdentity({
    database,
    clock,
    random,
    masterKey: testMasterKey,
    ids: () => "00000000-0000-4000-8000-000000000000",
  });
  const context = { database, clock, identity };
  const order = { before: "2026-03-01", folder, dryRun: false };
  const drop = ({ dryRun = false, database: asked = database } = {}) =>
    dropMonths({ ...context, database: asked }, actor, {
      ...order,
      reason: "old",
      retentionSeconds: years(7),
      dryRun,
    });
  const partitions = async () =>
    (
      await database.query<{ name: string }>(
        `select c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = 'report_bodies'::regclass order by 1`,
      )
    ).map(({ name }) => name);
  return {
    life,
    folder,
    database,
    partitions,
    drop,
    exported: (more: { dryRun?: boolean } = {}) =>
      exportMonths(context, actor, { ...order, ...more }),
    at: (instant: string) => clock.moveTo(parseInstant(instant)),
  };
}

/** An invoice of a year later, as another one of the contract of `invoice`. */
async function bookLater(database: Database, invoice: string, from = "2027-01-01T00:00:00Z") {
  await database.query(
    `insert into invoices (id, customer_id, contract_id, period_from, period_to, sequence, kind, status, currency,
       total_minor, document, digest, lines_hash, frozen_at)
     select 'later', customer_id, contract_id, $2, $2::timestamptz + interval '1 month', 9, 'settlement', status, currency,
       total_minor, document, digest, lines_hash, '2027-02-02Z' from invoices where id = $1`,
    [invoice, from],
  );
}

describe("months of signed bytes", () => {
  test("are exported to a signed file, line by line as they are, and once", async () => {
    const { exported, folder, database } = await lived();
    expect(await exported({ dryRun: true })).toMatchObject([
      { month: "2026-02-01", outcome: "exported" },
    ]);
    expect(readdirSync(folder)).toEqual([]);
    expect(await exported()).toEqual([{ month: "2026-02-01", outcome: "exported", reports: 66 }]);
    expect(readdirSync(folder).toSorted()).toEqual([
      "2026-02.manifest.json",
      "2026-02.manifest.sig.json",
      "2026-02.reports.ndjson.gz",
    ]);
    const text = gunzipSync(readFileSync(join(folder, "2026-02.reports.ndjson.gz"))).toString();
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const documents = await findDocuments(database, lines);
    expect(lines.map(({ body }) => body)).toEqual(
      documents.map((document) => document?.body.toString("utf8")),
    );
    expect(await exported()).toMatchObject([{ outcome: "exported_already" }]);
    writeFileSync(join(folder, "2026-02.reports.ndjson.gz"), "torn");
    expect(await exported()).toMatchObject([{ outcome: "exported" }]);
    writeFileSync(join(folder, "2026-02.manifest.sig.json"), "");
    expect(await exported()).toMatchObject([{ outcome: "exported" }]);
    expect(await exported()).toMatchObject([{ outcome: "exported_already" }]);
    expect(readdirSync(folder)).toHaveLength(3);
    expect((await entriesOf(database)).at(-1)).toMatchObject({ action: "evidence.exported" });
  });

  test("are kept while an invoice within the retention rests on them, and go afterwards with everything else in place", async () => {
    const { exported, drop, at, life, database, partitions } = await lived();
    await exported();
    expect(await drop()).toMatchObject([
      { outcome: "kept", why: "agents may still be asked for it: it is not 13 months old" },
    ]);
    at("2032-12-31T00:00:00Z");
    const [kept] = await drop();
    expect(kept).toMatchObject({ outcome: "kept", reports: 66 });
    expect(kept?.why).toMatch(`invoice ${life.invoice} rests on it, at least until 2033-02-0`);
    at("2033-02-10T00:00:00Z");
    expect(await drop({ dryRun: true })).toMatchObject([{ outcome: "dropped" }]);
    const before = await partitions();
    expect(before).toContain("report_bodies_2026_02");
    expect(await drop()).toEqual([{ month: "2026-02-01", outcome: "dropped", reports: 66 }]);
    expect(await partitions()).toEqual(before.filter((name) => name !== "report_bodies_2026_02"));
    expect((await entriesOf(database)).at(-1)).toMatchObject({
      action: "evidence.dropped",
      subject: "evidence:2026-02",
      reason: "old",
    });
    const [left] = await database.query(
      "select count(*)::int as reports, count(receipt)::int as receipts, count(digest)::int as digests from reports",
    );
    expect(left).toEqual({ reports: 66, receipts: 66, digests: 66 });
    const [sum] = await database.query(
      "select sum(quantity)::text as sum from usage_hourly where meter = 'requests'",
    );
    const { body } = await life.collector.api("POST", `/invoices/${life.invoice}/replay`);
    expect(body.result).toBe("equal");
    expect(sum).not.toEqual({ sum: null });
    expect(await drop()).toEqual([]);
  });

  test("are kept while a correction of what rests on them is younger", async () => {
    const { exported, drop, at, life, database } = await lived();
    await exported();
    await bookLater(database, life.invoice);
    await database.query("update corrections set invoice_id = 'later', status = 'invoiced'");
    at("2033-02-10T00:00:00Z");
    const [kept] = await drop();
    expect(kept?.why).toMatch("invoice later rests on it, at least until 2034-02-0");
  });

  test("are kept while a credit note over what rests on them is younger", async () => {
    const { exported, drop, at, life, database } = await lived();
    await exported();
    await database.query(
      `insert into credit_notes (id, customer_id, contract_id, scope, period_from, invoice_id, status, currency,
         total_minor, document, frozen_at)
       select 'later', customer_id, contract_id, 'period', period_from, id, 'booked', currency, 100, '', '2027-02-02Z'
         from invoices where id = $1`,
      [life.invoice],
    );
    at("2033-02-10T00:00:00Z");
    expect((await drop())[0]?.why).toMatch(`invoice ${life.invoice} rests on it`);
  });

  test("are kept when an invoice that rests on them is booked while their file is read again", async () => {
    const { exported, drop, at, life, database, partitions } = await lived();
    await exported();
    at("2033-02-10T00:00:00Z");
    const booksMeanwhile: Database = {
      ...database,
      transaction: async (run, options) => {
        await bookLater(database, life.invoice, "2026-01-01T00:00:00Z");
        return database.transaction(run, options);
      },
    };
    const [kept] = await drop({ database: booksMeanwhile });
    expect(kept).toMatchObject({ outcome: "kept" });
    expect(kept?.why).toMatch("invoice later rests on it");
    expect(await partitions()).toContain("report_bodies_2026_02");
  });

  test("are kept when an invoice that rests on them is being booked at that very moment", async () => {
    const { exported, drop, at, life, database, partitions } = await lived();
    await exported();
    at("2033-02-10T00:00:00Z");
    const dropping = await database.transaction(async (booking) => {
      await bookLater({ ...database, ...booking }, life.invoice, "2026-01-01T00:00:00Z");
      const outcome = drop();
      for (let waits = false; !waits;) {
        const [row] = await database.query<{ waits: boolean }>(
          `select exists (select from pg_stat_activity where datname = current_database()
             and wait_event_type = 'Lock') as waits`,
        );
        waits = row?.waits === true || (await partitions()).length === 0;
      }
      return { outcome };
    });
    expect((await dropping.outcome)[0]?.why).toMatch("invoice later rests on it");
    expect(await partitions()).toContain("report_bodies_2026_02");
  });

  test("are kept while a report among them waits for a decision", async () => {
    const { exported, drop, at, database } = await lived();
    await database.query(
      "update reports set outcome = 'quarantined' where sequence = 5 and installation_id = 'acme-eu'",
    );
    at("2033-02-10T00:00:00Z");
    await exported();
    expect(await drop()).toMatchObject([{ why: "1 of its reports wait for a decision" }]);
  });

  test("are kept when the file is not there, torn, of another collector, or not what the database says", async () => {
    const { exported, drop, at, folder, database, partitions } = await lived();
    at("2033-02-10T00:00:00Z");
    const why = async () => (await drop())[0]?.why;
    expect(await why()).toMatch("is not there: export it first");
    await exported();
    const file = join(folder, "2026-02.reports.ndjson.gz");
    const manifest = join(folder, "2026-02.manifest.json");
    const [whole, signed] = [readFileSync(file), readFileSync(manifest)];
    writeFileSync(file, whole.subarray(0, -1));
    expect(await why()).toMatch("is not the file of its manifest");
    writeFileSync(file, whole);
    writeFileSync(manifest, signed.toString().replace('"reports":66', '"reports":67'));
    expect(await why()).toMatch("was not signed by this collector");
    writeFileSync(manifest, signed);
    await database.query(
      `update reports set digest = repeat('0', 64) where sequence = 9 and installation_id = 'acme-us'`,
    );
    expect(await why()).toMatch(/report acme-us .* 9 is another one in the database/);
    expect(await partitions()).toContain("report_bodies_2026_02");
  });
});

describe("submeter reports verify", () => {
  test("proves one report, all of them, and those of an exported file years later", async () => {
    const { exported, life, folder, database } = await lived();
    await exported();
    const { url, token } = life.collector;
    const environment = { SUBMETER_URL: url, SUBMETER_TOKEN: token };
    const submeter = (...words: string[]) => runWords(words, { environment });
    const journal = life.journals[0]?.journal ?? "";
    const one = await submeter("reports", "verify", "acme-eu", journal, "2");
    expect(one).toMatchObject({ exitCode: 0, errors: "" });
    expect(one.out).toContain("✓");
    const all = await submeter("reports", "verify", "--all", "--json");
    expect(JSON.parse(all.out)).toMatchObject({ checked: 66, faults: [] });
    const file = join(folder, "2026-02.reports.ndjson.gz");
    const offline = await runWords(["reports", "verify", "--file", file, "--json"]);
    expect(JSON.parse(offline.out)).toMatchObject({ checked: 66, faults: [] });

    await database.query(
      `update reports set previous = repeat('0', 64) where sequence = 7 and installation_id = 'acme-eu'`,
    );
    const broken = await submeter("reports", "verify", "--all");
    expect(broken.exitCode).toBe(1);
    expect(broken.out).toContain(`acme-eu ${journal} 7`);
  });
});
