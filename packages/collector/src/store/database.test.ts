/** What goes into the database as an instant comes out as the same one. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseInstant } from "@submeter/shared/time/instant";
import { type Database, isUnavailable, openDatabase } from "./database.ts";
import { freshDatabase } from "./database.fixture.ts";

describe("an instant", () => {
  let database: Database;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  // Whatever a report says: none of it may be what nobody can read any more.
  const written = [
    "0000-01-01T00:00:00Z",
    "0000-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "1850-06-01T12:00:00Z",
    "1970-01-01T00:00:00Z",
    "2026-01-05T08:30:00Z",
    "9999-12-31T23:59:59Z",
  ];
  test.each(["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kolkata"])(
    "comes back from a session in %s as it went in",
    async (zone) => {
      const back = await database.transaction(async (db) => {
        await db.query(`set local timezone = '${zone}'`);
        const found = [];
        for (const text of written) {
          found.push(...(await db.query("select to_timestamp($1) as at", [parseInstant(text)])));
        }
        return found;
      });
      expect(back).toEqual(written.map((text) => ({ at: parseInstant(text) })));
    },
  );
});

test("who waits for a connection that others hold is told so after a while, as of a database that is away", async () => {
  const fresh = await freshDatabase();
  const database = openDatabase(fresh.url, { connectionsMax: 1, connectionWaitMs: 50 });
  try {
    const refused = await database.transaction(async (db) => {
      await db.query("select 1");
      return database.query("select 1").then(
        () => null,
        (error: unknown) => error,
      );
    });
    expect(refused).toBeInstanceOf(Error);
    expect(isUnavailable(refused)).toBe(true);
    expect(await database.query("select 1 as one")).toEqual([{ one: 1 }]);
  } finally {
    await database.close();
    await fresh.close();
  }
});
