import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { freshDatabase } from "../store/database.fixture.ts";
import { bucketOf, hashOfText } from "./hash-bucket.ts";

describe("the bucket of an installation", () => {
  test("is a stretch of the ring on which PostgreSQL's hash, and so Citus, places it", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    const given = fc.sample(fc.stringMatching(/^[a-z0-9-]{1,63}$/), { numRuns: 2000, seed: 5 });
    const names = ["a", "acme", "twelve-bytes", "site-000001", "é-and-日本", ...given];
    const rows = await database.query<{ hash: number; shard: number }>(
      `select hashtext(name) as hash, ((hashtext(name)::int8 + 2147483648) / (4294967296 / 32))::int as shard
         from unnest($1::text[]) with ordinality as t (name, place) order by place`,
      [names],
    );
    expect(names.map(hashOfText)).toEqual(rows.map(({ hash }) => hash));
    expect(names.map((name) => bucketOf(name, 32))).toEqual(rows.map(({ shard }) => shard));
    // Fewer buckets are unions of shards, more are parts of them.
    expect(names.map((name) => bucketOf(name, 4))).toEqual(rows.map(({ shard }) => shard >> 3));
    expect(names.map((name) => bucketOf(name, 64) >> 1)).toEqual(rows.map(({ shard }) => shard));
  });

  test("spreads installations evenly", () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let index = 0; index < 8000; index += 1) {
      const bucket = bucketOf(`site-${index}`, 8);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
