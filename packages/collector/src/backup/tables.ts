/** The tables of a database as the catalog has them: names, columns, and which must be filled before which. */

import type { Queryable } from "../store/database.ts";
import type { BackupTable } from "./format.ts";

/** Partitions are not listed: their parent stands for them. What migrations keep for themselves is not data. */
const ours = `c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname not like 'migrations%'`;

/** Each after those that it refers to. */
export async function tablesInOrder(db: Queryable): Promise<BackupTable[]> {
  const tables = await db.query<{ name: string; columns: string[]; needs: string[] }>(
    `select c.relname::text as name,
       array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
               and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns,
       array(select distinct r.relname::text from pg_constraint k join pg_class r on r.oid = k.confrelid
              where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as needs
     from pg_class c where ${ours} order by c.relname collate "C"`,
  );
  const ordered: BackupTable[] = [];
  const done = new Set<string>();
  while (ordered.length < tables.length) {
    const ready = tables.filter(
      ({ name, needs }) => !done.has(name) && needs.every((other) => done.has(other)),
    );
    if (ready.length === 0) throw new RangeError("tables refer to each other in a circle");
    for (const { name, columns } of ready) {
      ordered.push({ name, columns });
      done.add(name);
    }
  }
  return ordered;
}

/** As the planner last reckoned: for a progress bar, not for counting. */
export async function rowsAbout(db: Queryable): Promise<number> {
  const [row] = await db.query<{ rows: number }>(
    `select coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 as rows from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'migrations%'`,
  );
  return Math.ceil(row?.rows ?? 0);
}

/** First days of the months of which signed bytes have a partition. */
export async function monthsOfBodies(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ month: string }>(
    `select replace(substring(c.relname from '\\d{4}_\\d{2}$'), '_', '-') || '-01' as month
       from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'report_bodies'::regclass order by 1`,
  );
  return rows.map(({ month }) => month);
}

/** The migrations that were applied, in order; null while none was. */
export async function appliedMigrations(db: Queryable): Promise<string[] | null> {
  const [known] = await db.query<{ known: boolean }>(
    "select to_regclass('public.migrations') is not null as known",
  );
  if (known?.known !== true) return null;
  const rows = await db.query<{ name: string }>("select name from migrations order by name");
  return rows.map(({ name }) => name);
}

/** Whoever has done anything has left a row in one of these; what migrations themselves bring along is in others. */
const tablesOfLife = ["collector_identity", "operator_tokens", "customers", "audit_log"];

/** The first table that shows that the database is in use; null when none does. */
export async function firstInUse(db: Queryable): Promise<string | null> {
  for (const name of tablesOfLife) {
    const [row] = await db.query<{ some: boolean }>(
      `select exists (select from public.${name}) as some`,
    );
    if (row?.some === true) return name;
  }
  return null;
}

/** After rows came with their own numbers the next number is a new one. */
export async function advanceIdentities(db: Queryable): Promise<void> {
  const columns = await db.query<{ table: string; column: string }>(
    `select c.relname::text as table, a.attname::text as column from pg_attribute a
       join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attidentity <> ''`,
  );
  for (const { table, column } of columns) {
    await db.query(
      `select setval(pg_get_serial_sequence('public.${table}', '${column}'),
         coalesce((select max(${column}) from public.${table}), 0) + 1, false)`,
    );
  }
}
