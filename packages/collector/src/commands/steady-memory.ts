/** How the collector of garbage is told to begin early, so that memory under load stays near what is in use. */

import { setFlagsFromString } from "node:v8";

/**
 * By itself V8 lets its old space grow to up to four times what is in use before it looks for garbage. Measured with
 * thousands of reports a second that is 180 MiB of nothing; with 40 % nothing gets slower. Bytes outside of V8's heap
 * follow, because they are let go of with the objects that own them.
 */
const heapGrowingPercent = 40;

export function keepMemorySteady(): void {
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent}`);
}
