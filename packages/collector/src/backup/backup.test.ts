/** A backup holds every row as of one instant, and what billing does again after a restore is found at Stripe. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseInstant } from "@submeter/shared/time/instant";
import {
  agree,
  contractOf,
  enrol,
  freshLife,
  type Life,
  newJournal,
  report,
} from "../billing/contract-life.fixture.ts";
import { seededRandom } from "../collector.fixture.ts";
import { issueFirstToken } from "../commands/init.ts";
import { runDueWork } from "../billing/scheduled.ts";
import { startStripeDouble } from "../dev/stripe-double/stripe-double.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { openDatabase, type Database } from "../store/database.ts";
import { stripePayments } from "../stripe/stripe-payments.ts";
import { restoreBackup } from "./restore-backup.ts";
import { tablesInOrder } from "./tables.ts";
import { writeBackup } from "./write-backup.ts";

const now = parseInstant("2026-02-01T00:00:00Z");

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "submeter-backup-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "one.backup");
}

async function restoredFrom(file: string): Promise<Database> {
  const target = await freshDatabase();
  onTestFinished(() => target.close());
  await restoreBackup({ databaseUrl: target.url, file, now, who: "test" });
  return target;
}

async function everything(database: Database): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const { name } of await tablesInOrder(database)) {
    const found = await database.query<{ row: string }>(
      `select t::text as row from public.${name} t order by 1`,
    );
    rows[name] = found.map(({ row }) => row);
  }
  return rows;
}

/** A month of usage that is not closed yet. */
async function reportedMonth(payments?: ReturnType<typeof stripePayments>): Promise<Life> {
  const life = await freshLife("2026-01-01T00:00:00Z", payments && { payments });
  onTestFinished(() => life.close());
  await agree(life, contractOf("acme"));
  await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
  life.moveTo("2026-02-01T00:00:00Z");
  const of = newJournal("acme-eu");
  const month = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
  await report(life, of, { ...month, requests: 250_000 });
  return life;
}

describe("a backup", () => {
  test("brings back every row of every table, to the letter", async () => {
    const life = await reportedMonth();
    life.moveTo("2026-02-02T00:00:00Z");
    await runDueWork(life.context);
    await life.database.query("select chain_audit_entries()");
    const file = temporaryFile();
    const made = await writeBackup({ databaseUrl: life.database.url, file, now });
    const restored = await restoredFrom(file);
    const [before, after] = [await everything(life.database), await everything(restored)];
    // The restore itself is on record.
    expect(after["audit_log"]?.length).toBe((before["audit_log"]?.length ?? 0) + 1);
    for (const table of ["audit_log", "audit_chain", "audit_head"]) {
      delete before[table];
      delete after[table];
    }
    expect(after).toEqual(before);
    expect(made.rows).toBeGreaterThan(20);
    const filled = Object.values(before).filter((rows) => rows.length > 0);
    expect(filled.length).toBeGreaterThan(12);
  });

  test("is of one instant, whatever is written meanwhile", async () => {
    const life = await reportedMonth();
    const file = temporaryFile();
    let written = 0;
    const stopped = new AbortController();
    const busy = (async () => {
      const other = openDatabase(life.database.url, { connectionsMax: 1 });
      while (!stopped.signal.aborted) {
        written += 1;
        await other.transaction(async (db) => {
          await db.query(`insert into customers (id, name, created_at) values ($1, 'x', now())`, [
            `c-${written}`,
          ]);
          await db.query(
            `insert into installations (id, enrolled_at, subject_routing, created_at) values ($1, now(), false, now())`,
            [`c-${written}`],
          );
        });
      }
      await other.close();
    })();
    await writeBackup({ databaseUrl: life.database.url, file, now });
    stopped.abort();
    await busy;
    const restored = await restoredFrom(file);
    const [row] = await restored.query<{ customers: number; installations: number }>(
      `select (select count(*)::int from customers where id like 'c-%') as customers,
              (select count(*)::int from installations where id like 'c-%') as installations`,
    );
    expect(row?.customers).toBe(row?.installations);
    expect(written).toBeGreaterThan(row?.customers ?? 0);
  });

  test("is never written over a file, nor restored over rows, and not from what is torn, changed, foreign or of another schema", async () => {
    const source = await freshDatabase();
    onTestFinished(() => source.close());
    const random = seededRandom("backup");
    await issueFirstToken({ database: source, random, clock: { now: () => now } as never });
    const file = temporaryFile();
    const backup = (to: string) => writeBackup({ databaseUrl: source.url, file: to, now });
    await backup(file);
    await expect(backup(file)).rejects.toMatchObject({ code: "backup_exists" });
    const nowhere = join(file, "..", "no", "such.backup");
    await expect(backup(nowhere)).rejects.toMatchObject({ code: "backup_unwritable" });

    const target = await freshDatabase();
    onTestFinished(() => target.close());
    const restore = (from: string) =>
      restoreBackup({ databaseUrl: target.url, file: from, now, who: "test" });
    const whole = readFileSync(file);
    const text = gunzipSync(whole).toString();
    const other = `${file}.other`;
    for (const [bytes, code] of [
      [whole.subarray(0, whole.length >> 1), "backup_damaged"],
      [gzipSync(text.slice(0, text.lastIndexOf('{"end"'))), "backup_damaged"],
      [gzipSync(text.replace("\towner\towner\t", "\tOwner\towner\t")), "backup_damaged"],
      [gzipSync("{}\n"), "backup_damaged"],
      [Buffer.from("no gzip"), "backup_damaged"],
      [gzipSync(text.replace('"0001-fleet"', '"0001-another"')), "backup_version_unknown"],
    ] as const) {
      writeFileSync(other, bytes);
      await expect(restore(other)).rejects.toMatchObject({ code });
    }
    await expect(restore(`${file}.absent`)).rejects.toMatchObject({ code: "backup_damaged" });
    expect(await target.query("select * from operator_tokens")).toEqual([]);
    await restore(file);
    expect(await target.query("select * from operator_tokens")).toHaveLength(1);
    await expect(restore(file)).rejects.toMatchObject({ code: "database_not_empty" });
  });

  test("from before a close: the invoice that is booked again is found at Stripe, not made twice", async () => {
    const clock = { now: () => now, nowMs: () => now * 1000, monotonicMs: () => 0 };
    const double = await startStripeDouble({ clock, seed: "restore" });
    onTestFinished(() => double.close());
    const secretKey = "sk_test_submeter_double";
    const payments = stripePayments({ secretKey, url: double.url, timeoutMs: 20_000 }, clock);
    const life = await reportedMonth(payments);
    const file = temporaryFile();
    await writeBackup({ databaseUrl: life.database.url, file, now });
    life.moveTo("2026-02-02T00:00:00Z");
    await runDueWork(life.context);
    const restored = await restoredFrom(file);
    await runDueWork({ ...life.context, database: restored });
    const booked = (database: Database) =>
      database.query(
        "select id, status, stripe_invoice_id, stripe_number, total_minor from invoices",
      );
    const [first] = await booked(life.database);
    expect(first).toMatchObject({ status: "finalized", total_minor: 250_000n });
    expect(await booked(restored)).toEqual([first]);
    const listed = await fetch(`${double.url}/v1/invoices`, {
      headers: { authorization: `Bearer ${secretKey}` },
    });
    expect(((await listed.json()) as { data: object[] }).data).toHaveLength(1);
  });
});
