/** The machine's own randomness: keys, ids, and the jitter of retries. */

import { randomBytes, randomUUID } from "node:crypto";

export type Randomness = {
  readonly bytes: (count: number) => Uint8Array;
  readonly uuid: () => string;
  /** In [0, 1). */
  readonly fraction: () => number;
};

export const systemRandomness: Randomness = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
};
