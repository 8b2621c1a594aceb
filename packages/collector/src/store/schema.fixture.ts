/** Reads the whole schema from the catalog: tables, columns, constraints, indexes, triggers, views, functions; sorted by name. */

import type { Database } from "./database.ts";

/** One text, alike for alike schemas on every supported PostgreSQL. */
export async function describeSchema(database: Database): Promise<string> {
  // Partitions come and go with the months; what they are partitions of is the schema.
  const tables = await database.query<{ name: string; partitioned: string }>(
    `select relname as name, coalesce(' partition by ' || pg_get_partkeydef(oid), '') as partitioned
       from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and relname not like 'migrations%' order by relname collate "C"`,
  );
  const parts: string[] = [];
  for (const { name, partitioned } of tables) {
    const lines = await lineQuery(database, columnsOf, name);
    const constraints = await lineQuery(database, constraintsOf, name);
    const body = [...lines, ...constraints].map((line) => `  ${line}`).join(",\n");
    const others = [
      ...(await lineQuery(database, indexesOf, name)),
      ...(await lineQuery(database, triggersOf, name)),
    ].map((line) => `${line};\n`);
    parts.push(`create table ${name} (\n${body}\n)${partitioned};\n${others.join("")}`);
  }
  const views = await lineQuery(database, viewsOf);
  const functions = await lineQuery(database, functionsOf);
  return [
    ...parts,
    ...views.map((text) => `${text};\n`),
    ...functions.map((text) => `${text.trim()};\n`),
  ].join("\n");
}

const columnsOf = `
  select a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
         || case when a.attidentity <> '' then ' generated always as identity' else '' end
         || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
         || case when a.attnotnull then ' not null' else '' end as line
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`;

// PostgreSQL 18 also lists "not null" as constraints; they stand with their columns.
const constraintsOf = `
  select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) as line
    from pg_constraint where conrelid = $1::regclass and contype <> 'n' order by conname collate "C"`;

const indexesOf = `
  select pg_get_indexdef(i.indexrelid) as line
    from pg_index i join pg_class c on c.oid = i.indexrelid
   where i.indrelid = $1::regclass
     and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))
   order by c.relname collate "C"`;

const triggersOf = `
  select pg_get_triggerdef(oid) as line from pg_trigger
   where tgrelid = $1::regclass and not tgisinternal order by tgname collate "C"`;

// What a view selects is shown otherwise by each version of PostgreSQL; what it offers is not.
const viewsOf = `
  select 'create view ' || c.relname || ' (' || string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', '
           order by a.attnum) || ')' as line
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'v' group by c.relname order by c.relname collate "C"`;

const functionsOf = `
  select pg_get_functiondef(oid) as line from pg_proc
   where pronamespace = 'public'::regnamespace order by proname collate "C"`;

async function lineQuery(database: Database, query: string, table?: string): Promise<string[]> {
  const values = table === undefined ? [] : [table];
  return (await database.query<{ line: string }>(query, values)).map(({ line }) => line);
}
