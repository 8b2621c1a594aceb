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
});
