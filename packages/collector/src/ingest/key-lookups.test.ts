import { expect, test } from "vitest";
import type { InstallationKeyRow } from "../store/installation-keys.ts";
import { openKeyLookups } from "./key-lookups.ts";

/** Knows `acme.1`; each statement is answered when the test says so. */
function database() {
  const open: PromiseWithResolvers<InstallationKeyRow[]>[] = [];
  const asked: string[][] = [];
  const query = async (_text: string, values: readonly unknown[] = []) => {
    const [installations, numbers] = values as [string[], string[]];
    asked.push(installations.map((name, index) => `${name}.${numbers[index]}`));
    open.push(Promise.withResolvers());
    return (await open.at(-1)?.promise) as never[];
  };
  return { query, open, asked };
}

const acme = { installation_id: "acme", number: "1" } as InstallationKeyRow;

test("a thousand who guess keys occupy one statement at a time, and a valid key among them is found", async () => {
  const { query, open, asked } = database();
  const find = openKeyLookups({ query });
  const first = find("guess-0.1");
  const guesses = Array.from({ length: 900 }, (_, n) => find(`guess-${n}.1`));
  const valid = find("acme.1");
  expect(asked).toEqual([["guess-0.1"]]);
  open[0]?.resolve([]);
  expect(await first).toBeNull();
  await Promise.resolve();
  expect(asked).toHaveLength(2);
  expect(asked[1]).toHaveLength(901);
  open[1]?.resolve([acme]);
  expect(await valid).toBe(acme);
  expect(new Set(await Promise.all(guesses))).toEqual(new Set([null]));
});

test("a statement that fails fails those that it was for, and no others", async () => {
  const { query, open } = database();
  const find = openKeyLookups({ query });
  const lost = find("acme.1");
  const later = find("acme.1");
  open[0]?.reject(new Error("gone"));
  await expect(lost).rejects.toThrow("gone");
  await Promise.resolve();
  open[1]?.resolve([acme]);
  expect(await later).toBe(acme);
});
