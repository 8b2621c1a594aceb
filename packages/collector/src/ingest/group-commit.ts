/**
 * Group commit: what arrives while a transaction is under way is committed together by the next one. A bucket has one
 * transaction at a time; buckets run beside each other. There is no timer: an idle collector commits at once.
 */

import { isTransient, isUnavailable } from "../store/database.ts";

export type GroupCommit<Item, Result> = {
  /** Resolves when the item is durable. Throws {@link Overloaded}, or what its transaction threw. */
  submit(item: Item): Promise<Result>;
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
};

export type GroupCommitOptions<Item, Result> = {
  bucketsCount: number;
  /** Items and bytes that one transaction takes at most. */
  groupItemsMax: number;
  groupBytesMax: number;
  /** Bytes that may wait in all, before {@link Overloaded}. */
  waitingBytesMax: number;
  /** Of one installation's items always the same, so that they never wait for each other's locks. */
  bucketOf: (item: Item) => number;
  bytesOf: (item: Item) => number;
  /** One transaction. All of the items are durable when it resolves, none when it rejects. */
  commit: (items: readonly Item[]) => Promise<Result[]>;
};

/** More waits than can be held: back-pressure before memory suffers. */
export class Overloaded extends Error {
  override readonly name = "Overloaded";
}

type Waiting<Item, Result> = {
  item: Item;
  bytes: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
};

type Bucket<Item, Result> = { queue: Waiting<Item, Result>[]; running: Promise<void> | null };

export function groupCommit<Item, Result>(
  o: GroupCommitOptions<Item, Result>,
): GroupCommit<Item, Result> {
  const buckets = Array.from({ length: o.bucketsCount }, (): Bucket<Item, Result> => ({
    queue: [],
    running: null,
  }));
  let waitingBytes = 0;

  const drain = async (bucket: Bucket<Item, Result>): Promise<void> => {
    while (bucket.queue.length > 0) {
      const group = takeGroup(bucket.queue, o);
      await commitGroup(group, o.commit);
      for (const { bytes } of group) waitingBytes -= bytes;
    }
    bucket.running = null;
  };

  return {
    submit: (item) => {
      const bytes = o.bytesOf(item);
      if (waitingBytes + bytes > o.waitingBytesMax) return Promise.reject(new Overloaded());
      const bucket = buckets[o.bucketOf(item) % buckets.length];
      if (bucket === undefined) throw new RangeError("no bucket");
      waitingBytes += bytes;
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      bucket.queue.push({ item, bytes, resolve, reject });
      bucket.running ??= Promise.resolve().then(() => drain(bucket));
      return promise;
    },
    idle: async () => {
      for (const bucket of buckets) while (bucket.running !== null) await bucket.running;
    },
  };
}

function takeGroup<Item, Result>(
  queue: Waiting<Item, Result>[],
  o: Pick<GroupCommitOptions<Item, Result>, "groupItemsMax" | "groupBytesMax">,
): Waiting<Item, Result>[] {
  let count = 0;
  let bytes = 0;
  for (const waiting of queue) {
    if (count > 0 && (count >= o.groupItemsMax || bytes + waiting.bytes > o.groupBytesMax)) break;
    count += 1;
    bytes += waiting.bytes;
  }
  return queue.splice(0, count);
}

/** A group that fails for a reason of its own is tried item by item, so that a bad one never fails its neighbours. */
async function commitGroup<Item, Result>(
  group: readonly Waiting<Item, Result>[],
  commit: (items: readonly Item[]) => Promise<Result[]>,
): Promise<void> {
  try {
    const results = await commit(group.map(({ item }) => item));
    for (const [index, waiting] of group.entries()) {
      waiting.resolve(results[index] as Result);
    }
  } catch (error) {
    const hopeless = isUnavailable(error) || (group.length === 1 && !isTransient(error));
    if (hopeless) {
      for (const waiting of group) waiting.reject(error);
      return;
    }
    for (const waiting of group) await commitAlone(waiting, commit);
  }
}

async function commitAlone<Item, Result>(
  waiting: Waiting<Item, Result>,
  commit: (items: readonly Item[]) => Promise<Result[]>,
): Promise<void> {
  try {
    const [result] = await commit([waiting.item]);
    waiting.resolve(result as Result);
  } catch (error) {
    waiting.reject(error);
  }
}
