/** The chain as PostgreSQL makes it: at each commit, by writers at once, over entries that were there before it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { chainVerifier } from "@submeter/shared/evidence/audit-chain";
import { testStart } from "../collector.fixture.ts";
import { audit } from "./audit.ts";
import { chainAfter, chainEntries, chainHead } from "./audit-log.ts";
import type { Database, Queryable } from "./database.ts";
import { freshDatabase } from "./database.fixture.ts";

async function opened(): Promise<Database> {
  const database = await freshDatabase();
  onTestFinished(() => database.close());
  return database;
}

async function verdictOf(database: Queryable) {
  const verifier = chainVerifier();
  const entries = await chainAfter(database, { after: 0, limit: 10_000 });
  for (const entry of entries) verifier.take(entry);
  return verifier.verdict();
}

const entry = (subject: string) => ({
  at: testStart,
  who: "Zoë",
  action: "thing.done",
  subject,
  reason: 'why,\n"not" 7:seven,',
  after: { name: "ü", list: [1, null], nested: { a: "\u2028" } },
});

describe("the audit log", () => {
  test("is chained at the commit, with the hash that anybody computes", async () => {
    const database = await opened();
    await audit(database, entry("thing:1"));
    await audit(database, { ...entry("thing:2"), reason: null, after: null });
    expect(await verdictOf(database)).toMatchObject({ kind: "intact", entries: 2 });
    expect(await chainHead(database)).toMatchObject({ number: 2 });
  });

  test("has no gap where a transaction was rolled back", async () => {
    const database = await opened();
    const undone = database.transaction(async (transaction) => {
      await audit(transaction, entry("thing:undone"));
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await audit(database, entry("thing:1"));
    expect(await verdictOf(database)).toMatchObject({ kind: "intact", entries: 1 });
  });

  test("is written by many at once who hold locks in any order, and none waits for another for ever", async () => {
    const database = await opened();
    await database.query("create table things (id int primary key, n int not null)");
    await database.query("insert into things select id, 0 from generate_series(1, 8) id");
    const write = (turn: number) =>
      database.transaction(async (transaction) => {
        // The entry first, the row after it: with a lock held from the entry on, these would lock each other out.
        await audit(transaction, entry(`thing:${turn}`));
        await transaction.query("update things set n = n + 1 where id = $1", [(turn % 8) + 1]);
        await audit(transaction, entry(`thing:${turn} again`));
      });
    await Promise.all(Array.from({ length: 60 }, (_, turn) => write(turn)));
    expect(await verdictOf(database)).toMatchObject({ kind: "intact", entries: 120 });
  });

  test("takes what was written under an old snapshot with the next entry", async () => {
    const database = await opened();
    await audit(database, entry("thing:0"));
    await database.transaction(
      async (transaction) => {
        await transaction.query("select from customers");
        await audit(database, entry("thing:meanwhile"));
        await audit(transaction, entry("thing:of the snapshot"));
      },
      { isolation: "repeatable read" },
    );
    expect(await verdictOf(database)).toMatchObject({ entries: 2 });
    await chainEntries(database);
    expect(await verdictOf(database)).toMatchObject({ kind: "intact", entries: 3 });
  });

  test("can be neither changed nor emptied", async () => {
    const database = await opened();
    await audit(database, entry("thing:1"));
    for (const statement of [
      "update audit_log set who = 'x'",
      "delete from audit_log",
      "truncate audit_log cascade",
      "delete from audit_chain",
    ]) {
      await expect(database.query(statement)).rejects.toThrow("append-only");
    }
  });

  test("names the entry that was changed by somebody who may do everything", async () => {
    const database = await opened();
    for (const id of [1, 2, 3]) await audit(database, entry(`thing:${id}`));
    await database.query("alter table audit_log disable trigger user");
    await database.query("update audit_log set reason = 'another' where subject = 'thing:2'");
    expect(await verdictOf(database)).toMatchObject({ number: 2, code: "entry_altered" });
  });

  test("of a database from before the chain is chained as it stands", async () => {
    const database = await opened();
    await database.query("drop schema public cascade");
    await database.query("create schema public");
    const folder = join(import.meta.dirname, "migrations");
    const files = readdirSync(folder)
      .filter((name) => name.endsWith(".sql"))
      .toSorted();
    const apply = async (names: readonly string[]) => {
      for (const name of names) await database.query(readFileSync(join(folder, name), "utf8"));
    };
    await apply(files.filter((name) => name < "0030"));
    await database.query(
      `insert into audit_log (at, who, action, subject, before)
       values (to_timestamp(1.7), 'owner', 'thing.done', 'thing:1', '{"b": 1, "a": "ü"}'),
              (to_timestamp(2), 'owner', 'thing.done', 'thing:2', null)`,
    );
    await apply(files.filter((name) => name.startsWith("0030")));
    await audit(database, entry("thing:3"));
    expect(await verdictOf(database)).toMatchObject({ kind: "intact", entries: 3 });
  });
});
