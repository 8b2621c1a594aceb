import { expect, test } from "vitest";
import { turnsOf } from "./turns.ts";

test("so many are at it at once, the others in the order of coming, also after one that failed", async () => {
  const turns = turnsOf(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const all = ends.map(({ promise }, index) =>
    turns(async () => {
      begun.push(index);
      await promise;
    }),
  );
  const settled = Promise.allSettled(all);
  const after = async (index: number, fails: boolean) => {
    if (fails) ends[index]?.reject(new Error("it failed"));
    else ends[index]?.resolve();
    await all[index]?.catch(() => {});
    return [...begun];
  };
  expect(begun).toEqual([0, 1]);
  expect(await after(1, false)).toEqual([0, 1, 2]);
  expect(await after(0, true)).toEqual([0, 1, 2, 3]);
  expect(await after(2, false)).toEqual([0, 1, 2, 3, 4]);
  ends.forEach(({ resolve }) => resolve());
  expect((await settled).map(({ status }) => status)).toEqual([
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
});
