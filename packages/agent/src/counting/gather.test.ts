import { describe, expect, it } from "vitest";
import { countingWorld, fact } from "./counting.fixture.ts";

const turnOfEventLoop = () =>
  new Promise((turn) => {
    setImmediate(turn);
  });

describe("a group", () => {
  const counted = (world: ReturnType<typeof countingWorld>) =>
    world.journal.counts.all().map(({ quantity }) => quantity);

  it("of one request is committed at the end of its turn of the event loop", async () => {
    const world = countingWorld();
    void world.groupCommit.submit([fact()]);
    await turnOfEventLoop();
    expect(counted(world)).toEqual(["1"]);
  });

  it("takes along what the next turn brings, and is committed after one that brought nothing", async () => {
    const world = countingWorld();
    void world.groupCommit.submit([fact()]);
    void world.groupCommit.submit([fact()]);
    await turnOfEventLoop();
    void world.groupCommit.submit([fact()]);
    await turnOfEventLoop();
    expect(counted(world)).toEqual([]);
    await turnOfEventLoop();
    expect(counted(world)).toEqual(["3"]);
  });

  it("does not grow for ever while each turn brings more", async () => {
    const world = countingWorld();
    void world.groupCommit.submit([fact()]);
    for (let turn = 0; counted(world).length === 0 && turn < 100; turn += 1) {
      void world.groupCommit.submit([fact()]);
      await turnOfEventLoop();
    }
    expect(counted(world)).toEqual(["6"]);
  });
});
