/**
 * Group commit: what arrives while a transaction is under way is committed together by the next one. A bucket has one
 * transaction at a time; buckets run beside each other. There is no timer: an idle collector commits at once.
 *
 * Fair between owners: a group takes one item of each in turn, and nobody may hold more than a share of what waits.
 */

import { isTransient, isUnavailable } from "../store/database.ts";
import { type FairQueue, fairQueue } from "./fair-queue.ts";

export type GroupCommit<Item, Result> = {
  /** Resolves when the item is durable. Throws {@link Overloaded}, or what its transaction threw. */
  submit(item: Item): Promise<Result>;
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
  /** What waits or is under way now, what was committed and what was turned away so far. */
  readonly counts: Readonly<GroupCommitCounts>;
};

export type GroupCommitCounts = {
  waitingItems: number;
  waitingBytes: number;
  groups: number;
  committedItems: number;
  overloaded: number;
};

export type GroupCommitOptions<Item, Result> = {
  bucketsCount: number;
  /** Items and bytes that one transaction takes at most. */
  groupItemsMax: number;
  groupBytesMax: number;
  /** Bytes that may wait in all, and of one owner, before {@link Overloaded}. */
  waitingBytesMax: number;
  waitingBytesOfOwnerMax: number;
  /** Items of one owner are committed in the order in which they came. */
  ownerOf: (item: Item) => string;
  /** Of one owner always the same, so that its items never wait for each other's locks. */
  bucketOf: (owner: string) => number;
  bytesOf: (item: Item) => number;
  /** One transaction. All of the items are durable when it resolves, none when it rejects. */
  commit: (items: readonly Item[]) => Promise<Result[]>;
};

/** More waits than can be held, of everybody or of this owner: back-pressure before memory suffers. */
export class Overloaded extends Error {
  override readonly name = "Overloaded";
  readonly by: "everybody" | "owner";

  constructor(by: "everybody" | "owner") {
    super(`too much waits, by ${by}`);
    this.by = by;
  }
}

type Waiting<Item, Result> = {
  item: Item;
  owner: string;
  bytes: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
};

type Bucket<Item, Result> = {
  queue: FairQueue<Waiting<Item, Result>>;
  running: Promise<void> | null;
};

export function groupCommit<Item, Result>(
  o: GroupCommitOptions<Item, Result>,
): GroupCommit<Item, Result> {
  const buckets = Array.from({ length: o.bucketsCount }, (): Bucket<Item, Result> => ({
    queue: fairQueue(),
    running: null,
  }));
  const bytesOfOwners = new Map<string, number>();
  const counts = { waitingItems: 0, waitingBytes: 0, groups: 0, committedItems: 0, overloaded: 0 };

  const admit = (owner: string, bytes: number): void => {
    const held = bytesOfOwners.get(owner) ?? 0;
    const everybody = counts.waitingBytes + bytes > o.waitingBytesMax;
    if (everybody || held + bytes > o.waitingBytesOfOwnerMax) {
      counts.overloaded += 1;
      throw new Overloaded(everybody ? "everybody" : "owner");
    }
    counts.waitingItems += 1;
    counts.waitingBytes += bytes;
    bytesOfOwners.set(owner, held + bytes);
  };

  const release = ({ owner, bytes }: Waiting<Item, Result>): void => {
    counts.waitingItems -= 1;
    counts.waitingBytes -= bytes;
    const held = (bytesOfOwners.get(owner) ?? 0) - bytes;
    if (held > 0) bytesOfOwners.set(owner, held);
    else bytesOfOwners.delete(owner);
  };

  const drain = async (bucket: Bucket<Item, Result>): Promise<void> => {
    while (bucket.queue.length > 0) {
      const group = bucket.queue.take({ items: o.groupItemsMax, bytes: o.groupBytesMax });
      counts.committedItems += await commitGroup(group, o.commit);
      counts.groups += 1;
      group.forEach(release);
    }
    bucket.running = null;
  };

  return {
    counts,
    submit: async (item) => {
      const owner = o.ownerOf(item);
      const bytes = o.bytesOf(item);
      const bucket = buckets[o.bucketOf(owner)];
      if (bucket === undefined) throw new RangeError("no bucket");
      admit(owner, bytes);
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      bucket.queue.add({ item, owner, bytes, resolve, reject });
      bucket.running ??= Promise.resolve().then(() => drain(bucket));
      return promise;
    },
    idle: async () => {
      for (const bucket of buckets) while (bucket.running !== null) await bucket.running;
    },
  };
}

/**
 * A group that fails for a reason of its own is tried item by item, so that a bad one never fails its neighbours.
 * Answers how many were committed.
 */
async function commitGroup<Item, Result>(
  group: readonly Waiting<Item, Result>[],
  commit: (items: readonly Item[]) => Promise<Result[]>,
): Promise<number> {
  try {
    const results = await commit(group.map(({ item }) => item));
    for (const [index, waiting] of group.entries()) {
      waiting.resolve(results[index] as Result);
    }
    return group.length;
  } catch (error) {
    const hopeless = isUnavailable(error) || (group.length === 1 && !isTransient(error));
    if (hopeless) {
      for (const waiting of group) waiting.reject(error);
      return 0;
    }
    let committed = 0;
    for (const waiting of group) committed += await commitAlone(waiting, commit);
    return committed;
  }
}

async function commitAlone<Item, Result>(
  waiting: Waiting<Item, Result>,
  commit: (items: readonly Item[]) => Promise<Result[]>,
): Promise<0 | 1> {
  try {
    const [result] = await commit([waiting.item]);
    waiting.resolve(result as Result);
    return 1;
  } catch (error) {
    waiting.reject(error);
    return 0;
  }
}
