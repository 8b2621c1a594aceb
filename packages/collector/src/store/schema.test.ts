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

  test("carries installation_id first in the primary key of every hot table, and in its foreign keys", async () => {
    const hot = [
      "assignments",
      "installation_key_events",
      "installation_keys",
      "installation_meters",
      "journals",
      "replaced_receipts",
      "report_bodies",
      "report_conflicts",
      "reports",
      "usage_hourly",
    ];
    const rows = await (
      await database()
    ).query<{ table_name: string; kind: string; columns: string[] }>(
      `select c.conrelid::regclass::text as table_name, c.contype::text as kind,
              array(select a.attname::text from unnest(c.conkey) with ordinality as k (number, place)
                      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number
                     order by k.place) as columns
         from pg_constraint c
        where c.contype in ('p', 'f') and c.conrelid::regclass::text = any($1)
          and c.confrelid::regclass::text is distinct from 'customers'`,
      [hot],
    );
    const keys = rows.filter(({ kind }) => kind === "p");
    expect(keys.map(({ table_name: name }) => name).toSorted()).toEqual(hot);
    for (const { columns } of rows) expect(columns[0]).toBe("installation_id");
  });
});
