/** Copies what can still be read of a journal that SQLite finds corrupt. A report counts only if its digest fits its bytes. */

import Database from "better-sqlite3";
import { digestHex } from "@submeter/shared/wire/digest";

type Table = { readonly name: string; readonly columns: readonly string[]; readonly sql: string };
type Row = Record<string, unknown>;

/** Rows by table; `torn`: tables of which a part could not be read. */
export type Salvaged = {
  readonly rows: Readonly<Record<string, number>>;
  readonly torn: readonly string[];
};

/** Inside a transaction of `into`, which has the tables of a journal. The old file is only read, its log included. */
export function salvage(corruptPath: string, into: Database.Database): Salvaged {
  const rows: Record<string, number> = {};
  const torn: string[] = [];
  let from: Database.Database | null = null;
  try {
    // A connection that may not write cannot read a log alone.
    from = new Database(corruptPath, { fileMustExist: true, timeout: 0 });
    from.pragma("locking_mode = exclusive");
    from.pragma("query_only = on");
    for (const table of tablesOf(from)) {
      // Pages of remembered ids lie in tables that come with the hours.
      if (/^id_pages_\d+$/.test(table.name)) into.exec(table.sql);
      const columns = columnsOf(into, table.name).filter((name) => table.columns.includes(name));
      if (columns.length === 0) continue;
      const copied = copy({ from, into, table: table.name, columns });
      rows[table.name] = copied.rows;
      if (!copied.whole) torn.push(table.name);
    }
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    torn.push("the file");
  } finally {
    from?.close();
  }
  return { rows, torn };
}

function tablesOf(database: Database.Database): Table[] {
  return database
    .prepare<[], { name: string; sql: string }>(
      `select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%'`,
    )
    .all()
    .map(({ name, sql }) => ({ name, sql, columns: columnsOf(database, name) }));
}

function columnsOf(database: Database.Database, table: string): string[] {
  return database
    .prepare<[string], string>(`select name from pragma_table_info(?)`)
    .pluck()
    .all(table);
}

type Copying = {
  from: Database.Database;
  into: Database.Database;
  table: string;
  columns: readonly string[];
};

/** From the front as far as it can be read, then from the back. */
function copy({ from, into, table, columns }: Copying): { rows: number; whole: boolean } {
  const names = columns.join(", ");
  const put = into.prepare(
    `insert or ignore into ${table} (${names}) values (${columns.map(() => "?").join(", ")})`,
  );
  let rows = 0;
  const take = (order: "asc" | "desc"): boolean => {
    try {
      const select = `select ${names} from ${table} not indexed order by ${keyOf(from, table, order)}`;
      for (const row of from.prepare<[], Row>(select).iterate()) {
        if (isTrue(table, row)) rows += put.run(columns.map((name) => row[name])).changes;
      }
      return true;
    } catch (error) {
      if (error instanceof Database.SqliteError) return false;
      throw error;
    }
  };
  const whole = take("asc") || (take("desc") && false);
  return { rows, whole };
}

/** The order in which the rows lie, so that nothing has to be sorted. */
function keyOf(database: Database.Database, table: string, order: "asc" | "desc"): string {
  const hasRowid = !/without rowid/i.test(
    String(database.prepare(`select sql from sqlite_master where name = ?`).pluck().get(table)),
  );
  if (hasRowid) return `rowid ${order}`;
  const key = database
    .prepare<[string], string>(`select name from pragma_table_info(?) where pk > 0 order by pk`)
    .pluck()
    .all(table);
  return key.map((name) => `${name} ${order}`).join(", ");
}

function isTrue(table: string, row: Row): boolean {
  const { body, digest } = row;
  return table !== "reports" || (body instanceof Uint8Array && digestHex(body) === digest);
}
