import { describe, expect, test } from "vitest";
import { groupCommit, Overloaded } from "./group-commit.ts";
import { bucketOf } from "./hash-bucket.ts";

type Gate = { open: () => void; opened: Promise<void> };

function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
}

function commits(commit: (items: readonly string[]) => Promise<string[]>, options: object = {}) {
  return groupCommit<string, string>({
    bucketsCount: 1,
    groupItemsMax: 100,
    groupBytesMax: 1000,
    waitingBytesMax: 1000,
    waitingBytesOfOwnerMax: 1000,
    ownerOf: ([owner]) => owner ?? "",
    bucketOf: () => 0,
    bytesOf: (item) => item.length,
    commit,
    ...options,
  });
}

describe("group commit", () => {
  test("what arrives while a transaction runs shares the next one", async () => {
    const groups: string[][] = [];
    const first = gate();
    const group = commits(async (items) => {
      groups.push([...items]);
      if (groups.length === 1) await first.opened;
      return items.map((item) => item.toUpperCase());
    });
    const a = group.submit("a");
    await Promise.resolve();
    const others = ["b", "c", "d"].map((item) => group.submit(item));
    first.open();
    expect(await Promise.all([a, ...others])).toEqual(["A", "B", "C", "D"]);
    expect(groups).toEqual([["a"], ["b", "c", "d"]]);
  });

  test("is answered only after its transaction", async () => {
    const committed = gate();
    let answered = false;
    const group = commits(async (items) => {
      await committed.opened;
      return [...items];
    });
    const submitted = group.submit("a").then(() => (answered = true));
    await Promise.resolve();
    expect(answered).toBe(false);
    committed.open();
    await submitted;
    expect(answered).toBe(true);
  });

  test("a bad one never fails its neighbours", async () => {
    const group = commits(async (items) => {
      if (items.includes("bad")) throw new Error("not this one");
      return [...items];
    });
    const results = await Promise.allSettled(
      ["one", "bad", "two"].map((item) => group.submit(item)),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("a database that is gone fails the group at once, not item by item", async () => {
    let tries = 0;
    const group = commits(async () => {
      tries += 1;
      throw Object.assign(new Error("gone"), { code: "57P01" });
    });
    const results = await Promise.allSettled(["a", "b", "c"].map((item) => group.submit(item)));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(tries).toBe(1);
  });

  test("holds only so many bytes, and takes more when it has got rid of some", async () => {
    const running = gate();
    const group = commits(
      async (items) => {
        await running.opened;
        return [...items];
      },
      { waitingBytesMax: 10 },
    );
    const fits = group.submit("1234567890");
    await expect(group.submit("x")).rejects.toBeInstanceOf(Overloaded);
    running.open();
    await fits;
    await group.idle();
    expect(await group.submit("x")).toBe("x");
  });

  test("a group is no longer and no larger than its limits", async () => {
    const sizes: number[] = [];
    const group = commits(
      async (items) => {
        sizes.push(items.length);
        return [...items];
      },
      { groupItemsMax: 3, groupBytesMax: 10 },
    );
    await Promise.all([
      ...Array.from({ length: 5 }, () => group.submit("1")),
      ...Array.from({ length: 3 }, () => group.submit("123456")),
    ]);
    expect(sizes).toEqual([3, 3, 1, 1]);
  });

  test("a transaction holds installations of one bucket alone, as many buckets as there are", async () => {
    const groups: string[][] = [];
    const group = commits(
      async (items) => {
        groups.push([...items]);
        return [...items];
      },
      {
        bucketsCount: 32,
        waitingBytesMax: 100_000,
        waitingBytesOfOwnerMax: 100_000,
        ownerOf: (item: string) => item,
        bucketOf: (owner: string) => bucketOf(owner, 32),
      },
    );
    await Promise.all(Array.from({ length: 500 }, (_, index) => group.submit(`site-${index}`)));
    expect(groups.flat()).toHaveLength(500);
    for (const items of groups) {
      expect(new Set(items.map((item) => bucketOf(item, 32))).size).toBe(1);
    }
  });

  test("one that floods does not make the others wait behind it, and keeps its own order", async () => {
    const groups: string[][] = [];
    const first = gate();
    const group = commits(
      async (items) => {
        groups.push([...items]);
        if (groups.length === 1) await first.opened;
        return [...items];
      },
      { groupItemsMax: 4 },
    );
    const flood = Array.from({ length: 9 }, (_, index) => group.submit(`f${index}`));
    await Promise.resolve();
    const others = ["a0", "b0", "a1"].map((item) => group.submit(item));
    first.open();
    await Promise.all([...flood, ...others]);
    expect(groups).toEqual([
      ["f0", "f1", "f2", "f3"],
      ["f4", "a0", "b0", "f5"],
      ["a1", "f6", "f7", "f8"],
    ]);
  });

  test("one that floods is turned away at its share, while there is still room for everybody else", async () => {
    const running = gate();
    const group = commits(
      async (items) => {
        await running.opened;
        return [...items];
      },
      { waitingBytesMax: 20, waitingBytesOfOwnerMax: 10 },
    );
    const taken = [group.submit("flood"), group.submit("flood")];
    await expect(group.submit("f")).rejects.toMatchObject({ by: "owner" });
    taken.push(group.submit("others"));
    await expect(group.submit("x1234")).rejects.toMatchObject({ by: "everybody" });
    expect(group.counts).toMatchObject({ waitingItems: 3, waitingBytes: 16, overloaded: 2 });
    running.open();
    await Promise.all(taken);
    await group.idle();
    expect(group.counts).toMatchObject({ waitingItems: 0, waitingBytes: 0, committedItems: 3 });
    expect(await group.submit("flood")).toBe("flood");
  });
});
