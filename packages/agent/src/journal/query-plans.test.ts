import Database from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { outboxView } from "./outbox-view.ts";
import { reportsTable } from "./reports-table.ts";

const database = openDatabase(":memory:");
afterAll(() => database.close());

/** The statements that a table prepares, with what SQLite means to do for each. */
function plansOf(table: (database: Database.Database) => unknown): Map<string, string> {
  const statements: string[] = [];
  const listening = new Proxy(database, {
    get: (target, name) =>
      name === "prepare"
        ? (sql: string) => {
            statements.push(sql);
            return target.prepare(sql);
          }
        : Reflect.get(target, name, target),
  });
  table(listening);
  return new Map(
    statements.map((sql) => [
      sql,
      database
        .prepare<unknown[], { detail: string }>(`explain query plan ${sql}`)
        .all(...nulls(sql))
        .map(({ detail }) => detail)
        .join("; "),
    ]),
  );
}

function nulls(sql: string): unknown[] {
  const places = sql.match(/\?/g)?.length ?? 0;
  return /@journal/.test(sql) ? [{ journal: null }] : Array.from({ length: places }, () => null);
}

/** Months of reports are hundreds of megabytes: what happens every second, or while a page is open, must not read them all. */
describe("what is asked of the outbox again and again", () => {
  const plans = [...plansOf(reportsTable), ...plansOf(outboxView)];

  it.each(plans)("reads no table from end to end: %s", (_sql, plan) => {
    expect(plan).not.toMatch(/SCAN reports(?! USING)|SCAN receipts(?!$)/);
  });

  it.each(plans.filter(([sql]) => /\bbody\b/.test(sql) && !/length\(body\)/.test(sql)))(
    "sorts no bodies: %s",
    (_sql, plan) => {
      expect(plan).not.toContain("TEMP B-TREE");
    },
  );
});
