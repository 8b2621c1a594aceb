/** The schema as PostgreSQL itself describes it, so that a review sees what a migration really does. */

import { describe, expect, onTestFinished, test } from "vitest";
import { golden } from "@submeter/shared/golden.fixture";
import { freshDatabase } from "./database.fixture.ts";
import { describeSchema } from "./schema.fixture.ts";

async function database() {
  const fresh = await freshDatabase();
  onTestFinished(() => fresh.close());
  return fresh;
}

describe("the schema", () => {
  test("is what schema.sql says (UPDATE_GOLDEN=1 writes it anew)", async () => {
    const schema = await describeSchema(await database());
    expect(golden(import.meta.url, "golden/schema.sql", schema)).toBe(schema);
  });

  test("can be distributed by installation: it is in each key and foreign key of every table that knows it", async () => {
    const db = await database();
    const hot = await db.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and a.attname = 'installation_id' and a.attnotnull order by 1`,
    );
    const names = hot.map(({ name }) => name);
    for (const name of ["journals", "report_bodies", "reports", "usage_windows"]) {
      expect(names).toContain(name);
    }
    // Unique indexes are the primary and unique keys, and those that hold for some rows only.
    const keys = await db.query<{ table: string; name: string; columns: string[] }>(
      `select i.indrelid::regclass::text as table, i.indexrelid::regclass::text as name,
              array(select a.attname::text from unnest(i.indkey) as k (number)
                      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number) as columns
         from pg_index i where i.indisunique and i.indrelid::regclass::text = any($1)`,
      [names],
    );
    expect(new Set(keys.map(({ table }) => table))).toEqual(new Set(names));
    for (const key of keys)
      expect(key).toMatchObject({ columns: ["installation_id", ...key.columns.slice(1)] });

    const foreign = await db.query<{ name: string; columns: string[] }>(
      `select c.conname as name,
              array(select a.attname || '=' || b.attname from unnest(c.conkey, c.confkey) as k (here, there)
                      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.here
                      join pg_attribute b on b.attrelid = c.confrelid and b.attnum = k.there) as columns
         from pg_constraint c
        where c.contype = 'f' and c.conrelid::regclass::text = any($1)
          -- Customers and what else does not know installations is small, and stands on every node.
          and (c.confrelid::regclass::text = any($1) or c.confrelid = 'installations'::regclass)`,
      [names],
    );
    expect(foreign.length).toBeGreaterThan(3);
    for (const { name, columns } of foreign) {
      const together = columns.filter((pair) =>
        /^installation_id=(installation_id|id)$/.test(pair),
      );
      expect({ name, together: together.length }).toEqual({ name, together: 1 });
    }
  });
});
