import { describe, expect, it } from "vitest";
import { idHash, idsPerPage, isNamed, pageText, readPage } from "../journal/remembered-id.ts";
import { countingWorld, fact } from "./counting.fixture.ts";
import { EventIds } from "./event-ids.ts";

type World = ReturnType<typeof countingWorld>;

async function outcomes(world: World, ids: readonly string[], quantity = "1") {
  const result = await world.groupCommit.submit(ids.map((id) => fact({ id, quantity })));
  return result.kind === "refused" ? [result.reason] : [...new Set(result.outcomes)];
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `r${from + at}`);

/** Two ids that FNV-1a gives the same 32 bits. */
const twins = ["kck3-7g", "2a4h-gf"] as const;

describe("remembered ids", () => {
  it("are told from each other, and found again, over many pages and groups", async () => {
    const world = countingWorld();
    const most = idsPerPage * 3 + 1;
    expect(await outcomes(world, numbered(0, most))).toEqual(["counted"]);
    expect(await outcomes(world, numbered(most, most + 5))).toEqual(["counted"]);
    expect(await outcomes(world, numbered(0, most + 5))).toEqual(["duplicate"]);
    expect(await outcomes(world, numbered(0, most + 5), "2")).toEqual(["reused"]);
    expect(await outcomes(world, numbered(most + 5, most + 9))).toEqual(["counted"]);
    expect(world.eventIds.remembered).toBe(most + 9);
  });

  it("are found again after a restart, in the hours that they came in", async () => {
    const world = countingWorld();
    await outcomes(world, numbered(0, 300));
    world.clock.pass(3600);
    await outcomes(world, numbered(300, 310));
    // Somebody sets the clock back: the first hour goes on.
    world.clock.pass(-3600);
    await outcomes(world, numbered(310, 600));
    const again = new EventIds(world.journal.eventIds, 0);
    expect(again.remembered).toBe(600);
    const judged = numbered(0, 601).map((id) => again.judge({ ...fact({ id }), id }));
    expect(judged.lastIndexOf("duplicate")).toBe(599);
    expect(judged.indexOf("new")).toBe(600);
  });

  it("do not pass for each other when their hashes are alike", async () => {
    const [first, second] = twins;
    const hashOf = (id: string) => idHash({ source: null, id, meter: "requests" });
    expect(hashOf(first)).toBe(hashOf(second));
    const world = countingWorld();
    expect(await outcomes(world, [first])).toEqual(["counted"]);
    expect(await outcomes(world, [second])).toEqual(["counted"]);
    expect(await outcomes(world, [first, second])).toEqual(["duplicate"]);
    const together = countingWorld();
    expect(await outcomes(together, [first, second])).toEqual(["counted"]);
  });

  it("are no ids of another source or meter", () => {
    const names = [
      { source: null, id: "ab", meter: "m" },
      { source: "a", id: "b", meter: "m" },
      { source: "a", id: "b", meter: "m1" },
      { source: "ab", id: "", meter: "m" },
    ];
    for (const [at, name] of names.entries()) {
      expect(names.map((other) => isNamed(other, name))).toEqual(names.map((_, to) => to === at));
    }
  });

  it("are read from a page as they were written", () => {
    const ids = ["x", "\u0000", '"', "é"].flatMap((id) =>
      [null, "s", '"s,'].map((source, at) => ({
        source,
        id,
        meter: `m${at % 2}`,
        quantity: `${at}.5`,
        dimensions: at === 0 ? "{}" : '{"a":"b"}',
      })),
    );
    expect(readPage(pageText(ids))).toEqual(ids);
  });

  it("of a group that failed are new again, in the same places", async () => {
    const world = countingWorld();
    await outcomes(world, numbered(0, 10));
    world.failing.code = "SQLITE_FULL";
    expect(await outcomes(world, numbered(10, 300))).toEqual(["disk_full"]);
    world.failing.code = null;
    expect(await outcomes(world, numbered(200, 400))).toEqual(["counted"]);
    expect(await outcomes(world, numbered(10, 200))).toEqual(["counted"]);
    expect(await outcomes(world, numbered(0, 400))).toEqual(["duplicate"]);
    expect(new EventIds(world.journal.eventIds, 0).remembered).toBe(400);
  });

  it("of an hour that was dropped are new, those of the others are not", async () => {
    const world = countingWorld();
    await outcomes(world, numbered(0, 300));
    world.clock.pass(3600);
    await outcomes(world, numbered(300, 600));
    const [, oldest = 0] = world.journal.eventIds.hours().map(({ hour }) => hour);
    world.journal.write(() => world.eventIds.drop([oldest]));
    world.eventIds.dropped([oldest]);
    expect(world.eventIds.remembered).toBe(300);
    expect(await outcomes(world, numbered(300, 600))).toEqual(["duplicate"]);
    expect(await outcomes(world, numbered(0, 300))).toEqual(["counted"]);
  });
});
