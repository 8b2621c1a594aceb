/** How long the last readings of others are remembered, and what a counter that was forgotten may still say. */

import { secondsPerDay } from "@submeter/shared/time/instant";
import { expect, it } from "vitest";
import { countingWorld, fact } from "./counting.fixture.ts";
import { Sight } from "./sight.ts";

type World = ReturnType<typeof countingWorld>;

function counter(stream: string, value: number, beganInSight: boolean) {
  const reading = { kind: "counter", stream, at: 1n, mayRepeat: false, beganInSight } as const;
  return fact({ quantity: String(value), reading });
}

function tidy({ journal, streams, clock }: World): void {
  streams.dropped(journal.write(() => streams.drop(clock.now())));
}

const names = (world: World, ...asked: string[]) =>
  asked.filter((name) => world.journal.streams.find(name) !== undefined);

it.each([
  { given: "half of the room is free", most: 4, days: 396, left: ["a", "b"] },
  { given: "half of the room is free", most: 4, days: 398, left: [] },
  { given: "more is taken", most: 3, days: 44, left: ["a", "b"] },
  { given: "more is taken", most: 3, days: 46, left: [] },
])("while $given, readings of $days days ago leave $left", async ({ most, days, left }) => {
  const world = countingWorld({ streamsMax: most });
  await world.groupCommit.submit([counter("a", 1, true), counter("b", 1, true)]);
  world.clock.pass(days * secondsPerDay);
  tidy(world);
  expect(names(world, "a", "b")).toEqual(left);
  expect(world.streams.remembered).toBe(left.length);
});

it("what began before a forgotten reading may be what was forgotten", async () => {
  const world = countingWorld();
  const { journal, clock } = world;
  const began = clock.now();
  journal.journals.add(
    { journal: "j", seed: new Uint8Array(32), replaces: null, madeAt: began },
    [],
  );
  const sight = new Sight(journal.streams, { tokens: began });
  expect(sight.since("tokens")).toBe(began);
  expect(sight.since("unheard")).toBe(Number.MAX_SAFE_INTEGER);
  clock.pass(10 * secondsPerDay);
  await world.groupCommit.submit([counter("a", 1, true)]);
  const lastSeen = clock.now();
  clock.pass(400 * secondsPerDay);
  await world.groupCommit.submit([counter("b", 1, true)]);
  tidy(world);
  expect(names(world, "a", "b")).toEqual(["b"]);
  // A counter says by its own machine's clock when it began.
  expect(sight.since("tokens")).toBe(lastSeen + secondsPerDay);
});

it("a page is known for as long as what stood on it, and not when some of that had no room", async () => {
  const world = countingWorld({ streamsMax: 3 });
  const sight = new Sight(world.journal.streams, { tokens: 0 });
  const read = (...facts: ReturnType<typeof counter>[]) =>
    world.groupCommit.submit(facts, [], ["p"]);
  await read(...["a", "b", "c", "d"].map((name) => counter(name, 1, false)));
  expect(sight.hasRead("p", "tokens")).toBe(false);
  world.clock.pass(400 * secondsPerDay);
  tidy(world);
  await read(counter("a", 1, false), counter("b", 1, false));
  expect(sight.hasRead("p", "tokens")).toBe(true);
  expect(sight.hasRead("p", "unheard")).toBe(false);
  expect(sight.hasRead("other", "tokens")).toBe(false);
  world.clock.pass(400 * secondsPerDay);
  tidy(world);
  expect(sight.hasRead("p", "tokens")).toBe(false);
});

it("of counters that are taken up where they stand is told how many, once they are durable", async () => {
  const world = countingWorld();
  const facts = [counter("a", 5, false), counter("b", 0, false), counter("c", 7, true)];
  world.failing.code = "SQLITE_FULL";
  await world.groupCommit.submit(facts);
  expect(world.groupCommit.tally.takenUp).toBe(0);
  world.failing.code = null;
  await world.groupCommit.submit(facts);
  await world.groupCommit.submit([counter("a", 6, false)]);
  expect(world.groupCommit.tally.takenUp).toBe(1);
});
