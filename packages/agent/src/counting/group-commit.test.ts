import { format } from "@submeter/shared/numbers/decimal";
import { describe, expect, it } from "vitest";
import { countingWorld, fact } from "./counting.fixture.ts";

const quantities = (world: ReturnType<typeof countingWorld>) =>
  world.journal.counts.all().map(({ meter, quantity }) => `${meter} ${quantity}`);

describe("group commit", () => {
  it("makes requests that arrive together durable in one transaction", async () => {
    const world = countingWorld();
    let commits = 0;
    const { groupCommit, journal } = world;
    const all = Promise.all([1, 2, 3].map(() => groupCommit.submit([fact(), fact()])));
    const { coverage } = journal;
    const extend = coverage.extend.bind(coverage);
    coverage.extend = (interval) => {
      commits += 1;
      extend(interval);
    };
    world.clock.pass(1);
    expect((await all).map(({ kind }) => kind)).toEqual(["committed", "committed", "committed"]);
    expect(commits).toBe(1);
    expect(quantities(world)).toEqual(["requests 6"]);
  });

  it("waits for more requests as long as it was told to", async () => {
    const world = countingWorld({ delayMs: 20 });
    const first = world.groupCommit.submit([fact()]);
    await new Promise((turn) => {
      setImmediate(turn);
    });
    expect(quantities(world)).toEqual([]);
    const second = world.groupCommit.submit([fact()]);
    expect(await Promise.all([first, second])).toMatchObject([
      { kind: "committed" },
      { kind: "committed" },
    ]);
    expect(quantities(world)).toEqual(["requests 2"]);
  });

  it("counts an id once, also within one request, and never forgets a meter's share of it", async () => {
    const world = countingWorld();
    const facts = [
      fact({ id: "r1", quantity: "2" }),
      fact({ id: "r1", quantity: "2" }),
      fact({ id: "r1", quantity: "3" }),
      fact({ id: "r1", meter: "tokens" }),
      fact({ id: "r1", source: "other" }),
      fact({ id: "r1", quantity: "2", dimensions: '{"model":"x"}' }),
    ];
    expect(await world.groupCommit.submit(facts)).toEqual({
      kind: "committed",
      outcomes: ["counted", "duplicate", "reused", "counted", "counted", "reused"],
    });
    expect(quantities(world)).toEqual(["requests 3", "tokens 1"]);
  });

  it.each([
    { given: "a full disk", code: "SQLITE_FULL", reason: "disk_full", fault: "full", heals: true },
    {
      given: "a busy file",
      code: "SQLITE_BUSY",
      reason: "commit_failed",
      fault: "other",
      heals: true,
    },
    {
      given: "an fsync that failed",
      code: "SQLITE_IOERR_FSYNC",
      reason: "journal_broken",
      fault: "broken",
      heals: false,
    },
    {
      given: "a corrupt page",
      code: "SQLITE_CORRUPT",
      reason: "journal_broken",
      fault: "broken",
      heals: false,
    },
  ])(
    "counts nothing of a group whose commit fails: $given",
    async ({ code, reason, fault, heals }) => {
      const world = countingWorld();
      await world.groupCommit.submit([fact({ id: "before" })]);
      world.failing.code = code;
      const refused = { kind: "refused", reason };
      expect(await world.groupCommit.submit([fact({ id: "lost" })])).toEqual(refused);
      expect(world.faults).toEqual([fault]);

      world.failing.code = null;
      const retried = await world.groupCommit.submit([fact({ id: "lost" })]);
      expect(retried).toEqual(heals ? { kind: "committed", outcomes: ["counted"] } : refused);
      expect(quantities(world)).toEqual([`requests ${heals ? 2 : 1}`]);
      expect(world.windows.size).toBe(1);
      expect(world.eventIds.remembered).toBe(heals ? 2 : 1);
    },
  );

  it("refuses every request of a group whose commit fails, and changes nothing in memory", async () => {
    const world = countingWorld();
    await world.groupCommit.submit([fact({ id: "before" })]);
    const memory = () => ({
      counts: world.windows.all().map(({ meter, window, total }) => [meter, window, format(total)]),
      ids: world.eventIds.remembered,
      durable: world.journal.counts.all(),
      hours: world.journal.eventIds.hours(),
    });
    const unchanged = memory();
    world.failing.code = "SQLITE_FULL";
    const requests = [
      [fact({ id: "a" }), fact({ meter: "tokens", window: 3600 })],
      [fact()],
      [fact({ id: "before" })],
    ];
    const refused = await Promise.all(requests.map((facts) => world.groupCommit.submit(facts)));
    expect(refused).toEqual(requests.map(() => ({ kind: "refused", reason: "disk_full" })));
    expect(memory()).toEqual(unchanged);

    world.failing.code = null;
    const again = await Promise.all(requests.map((facts) => world.groupCommit.submit(facts)));
    expect(again.map((one) => one.kind === "committed" && one.outcomes)).toEqual([
      ["counted", "counted"],
      ["counted"],
      ["duplicate"],
    ]);
  });

  it("counts nothing while the room for delivery is gone, and goes on when it is back", async () => {
    const { groupCommit, clock, journal, headroom } = countingWorld();
    clock.pass(10);
    groupCommit.commitNow();
    headroom.isThere = false;
    clock.pass(10);
    expect(await groupCommit.submit([fact()])).toEqual({ kind: "refused", reason: "disk_full" });
    groupCommit.commitNow();
    expect(groupCommit.refusing).toBe("disk_full");
    expect(journal.counts.all()).toEqual([]);
    headroom.isThere = true;
    clock.pass(100);
    groupCommit.commitNow();
    expect(groupCommit.refusing).toBeNull();
    clock.pass(10);
    groupCommit.commitNow();
    const start = 1_000_000;
    expect(journal.coverage.covered()).toEqual([
      { from: start, to: start + 10 },
      { from: start + 120, to: start + 130 },
    ]);
  });

  it("stops coverage while it refuses", async () => {
    const world = countingWorld();
    const { groupCommit, clock, journal } = world;
    clock.pass(10);
    groupCommit.commitNow();
    world.failing.code = "SQLITE_FULL";
    clock.pass(10);
    groupCommit.commitNow();
    clock.pass(100);
    world.failing.code = null;
    await groupCommit.submit([fact()]);
    clock.pass(10);
    groupCommit.commitNow();
    const start = 1_000_000;
    expect(journal.coverage.covered()).toEqual([
      { from: start, to: start + 10 },
      { from: start + 120, to: start + 130 },
    ]);
  });

  it("stops coverage while ids cannot be remembered, until what was refused fits", async () => {
    const { groupCommit, clock, journal, eventIds } = countingWorld({ idsMax: 2 });
    const start = 1_000_000;
    await groupCommit.submit([fact({ id: "a" })]);
    clock.pass(10);
    groupCommit.commitNow();
    clock.pass(3600);
    await groupCommit.submit([fact({ id: "b" }), fact({ id: "c" })]);
    expect(groupCommit.refusing).toBe("ids_full");
    clock.pass(100);
    // Without ids, or with fewer, something is counted, but not all.
    await groupCommit.submit([fact()]);
    await groupCommit.submit([fact({ id: "d" })]);
    groupCommit.sealing(() => {});
    expect(groupCommit.refusing).toBe("ids_full");
    const covered = [{ from: start, to: start + 10 }];
    expect([...journal.coverage.covered(), ...groupCommit.uncommittedCoverage()]).toEqual(covered);

    const hours = journal.eventIds.hours().map(({ hour }) => hour);
    journal.write(() => eventIds.drop(hours));
    eventIds.dropped(hours);
    clock.pass(100);
    groupCommit.commitNow();
    expect(groupCommit.refusing).toBeNull();
    clock.pass(10);
    groupCommit.commitNow();
    const again = start + 3810;
    expect(journal.coverage.covered()).toEqual([...covered, { from: again, to: again + 10 }]);
  });

  it("refuses a request whole when its ids might not fit, and counts those without", async () => {
    const world = countingWorld({ idsMax: 2 });
    await world.groupCommit.submit([fact({ id: "a" })]);
    expect(await world.groupCommit.submit([fact({ id: "b" }), fact({ id: "c" })])).toEqual({
      kind: "refused",
      reason: "ids_full",
    });
    expect(await world.groupCommit.submit([fact()])).toMatchObject({ kind: "committed" });
    expect(quantities(world)).toEqual(["requests 2"]);
  });

  it("does not remember what it could not count", async () => {
    const world = countingWorld();
    const most = "9".repeat(18);
    await world.groupCommit.submit([fact({ quantity: most })]);
    const again = [fact({ id: "x" }), fact({ id: "x" })];
    expect(await world.groupCommit.submit(again)).toMatchObject({
      outcomes: ["overflow", "overflow"],
    });
    expect(quantities(world)).toEqual([`requests ${most}`]);
  });

  it.each([
    { given: "the hour before it was counted", value: "1", full: "9".repeat(18) },
    { given: "alone it is too large", value: `1${"0".repeat(16)}`, full: "1" },
  ])("counts nothing of what a gauge held where an hour does not fit: $given", async (o) => {
    const world = countingWorld();
    const read = (seconds: number) => {
      const reading = {
        kind: "gauge",
        stream: "s",
        at: BigInt(seconds) * 1_000_000_000n,
        mayRepeat: true,
        staleAfterSeconds: 7200,
      } as const;
      return fact({ aggregation: "time_weighted", quantity: o.value, reading });
    };
    await world.groupCommit.submit([fact({ window: 3600, quantity: o.full }), read(3590)]);
    expect(await world.groupCommit.submit([read(3700), read(3800)])).toMatchObject({
      outcomes: ["overflow", "overflow"],
    });
    expect(quantities(world)).toEqual([`requests ${o.full}`]);
  });

  it("keeps the greatest of a max meter and adds the others", async () => {
    const world = countingWorld();
    const values = ["5", "9.5", "7"];
    const facts = (["max", "sum", "time_weighted"] as const).flatMap((aggregation) =>
      values.map((quantity) => fact({ meter: aggregation, aggregation, quantity })),
    );
    await world.groupCommit.submit(facts);
    expect(quantities(world)).toEqual(["max 9.5", "sum 21.5", "time_weighted 21.5"]);
  });

  it("hears declared sources only, and refuses once it has stopped", async () => {
    const world = countingWorld();
    await world.groupCommit.submit([fact({ source: "product" }), fact({ source: "stranger" })]);
    expect(world.journal.coverage.heard()).toEqual([
      { source: "product", from: 1_000_000, to: 1_000_001 },
    ]);
    world.groupCommit.stop();
    expect(await world.groupCommit.submit([fact()])).toEqual({
      kind: "refused",
      reason: "stopping",
    });
  });
});

describe("remembered ids", () => {
  const hours = (count: number) => count * 3600;

  it.each([
    { given: "72 hours of this process", watched: 74, wall: 74, signed: null, dropped: true },
    { given: "the collector's word", watched: 0, wall: 74, signed: 74, dropped: true },
    { given: "a clock set ahead", watched: 1, wall: 1000, signed: null, dropped: false },
    {
      given: "a clock set ahead, the collector's not",
      watched: 1,
      wall: 1000,
      signed: 2,
      dropped: false,
    },
    { given: "a clock set back", watched: 100, wall: 0, signed: 100, dropped: false },
  ])("are dropped after $given: $dropped", async ({ watched, wall, signed, dropped }) => {
    const world = countingWorld();
    world.clock.wallMs = hours(1000) * 1000;
    await world.groupCommit.submit([fact({ id: "a" })]);
    const droppable = world.eventIds.droppable(
      hours(1000 + wall),
      signed === null ? null : hours(1000 + signed),
      hours(watched) * 1000,
    );
    expect(droppable).toEqual(dropped ? [1000] : []);
  });

  it("are gone with their hour", async () => {
    const world = countingWorld();
    await world.groupCommit.submit([fact({ id: "a" })]);
    const [hour = 0] = world.journal.eventIds.hours().map((row) => row.hour);
    world.journal.write(() => world.eventIds.drop([hour]));
    world.eventIds.dropped([hour]);
    expect(world.eventIds.remembered).toBe(0);
    expect(await world.groupCommit.submit([fact({ id: "a" })])).toMatchObject({
      outcomes: ["counted"],
    });
  });
});
