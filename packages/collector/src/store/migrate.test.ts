import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { freshDatabase } from "./database.fixture.ts";
import { migrate } from "./migrate.ts";

describe("migrations", () => {
  test("are applied once: a second run has nothing to do", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    expect(await migrate(database)).toEqual({ applied: [] });
  });

  test("may be run by two replicas that start together", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    await database.query("drop schema public cascade");
    await database.query("create schema public");
    const runs = await Promise.all([migrate(database), migrate(database)]);
    expect(runs.flatMap((run) => run.applied).toSorted()).toEqual(
      [...new Set(runs.flatMap((run) => run.applied))].toSorted(),
    );
    expect(runs.flatMap((run) => run.applied)).toContain("0001-fleet");
  });

  test("bring the lines of usage, which had a row each, together by window", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    await database.query("drop schema public cascade; create schema public");
    const folder = join(import.meta.dirname, "migrations");
    const files = (await readdir(folder)).toSorted();
    const turn = files.findIndex((name) => name.startsWith("0064-"));
    const apply = async (names: readonly string[]) => {
      for (const name of names) await database.query(await readFile(join(folder, name), "utf8"));
    };
    const all = `select installation_id, journal, window_start, meter, dimensions, subject, trim_scale(quantity) as quantity
                   from usage_hourly order by installation_id, window_start, journal, meter, dimensions`;
    await apply(files.slice(0, turn));
    await database.query(
      `insert into usage_hourly (installation_id, journal, window_start, meter, dimensions, subject, quantity)
       select 'acme-' || i, md5(j::text)::uuid, '2026-01-05T00:00:00Z'::timestamptz + n * interval '1 hour', m,
              case when n = 0 then '{}' else '{"model":"a b","subject":"team one"}' end,
              case when n = 0 then '' else 'team one' end, (i * 1000 + j * 100 + n) / 8.0
         from generate_series(1, 2) i, generate_series(1, 2) j, generate_series(0, 2) n, unnest(array['requests', 'tokens']) m`,
    );
    const before = await database.query(all);
    await apply(files.slice(turn));
    expect(await database.query(all)).toEqual(before);
    const [{ rows } = { rows: 0 }] = await database.query<{ rows: number }>(
      "select count(*)::int as rows from usage_windows",
    );
    expect({ lines: before.length, rows }).toEqual({ lines: 24, rows: 12 });
  });
});
