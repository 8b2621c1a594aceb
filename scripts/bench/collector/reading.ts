/** What operators and customers read, of one large fleet that is filled once for all of it. */

import type { Measured } from "../../bench.ts";
import type { Family } from "../collector.ts";
import { fleetBenches, findAnew } from "./fleet.ts";
import { openLargeFleet } from "./large-fleet.ts";
import { usageBenches } from "./usage.ts";

export const readingBenches: Family = async (sizes, wanted) => {
  const [fleet, usage] = [wanted("collector.fleet"), wanted("collector.usage")];
  if (!fleet && !usage) return [];
  const measured: Measured[] = [];
  const large = await openLargeFleet(sizes.storedLines, async (database) => {
    // Also for the usage bench: a collector that finds all states anew would be measured with it.
    const found = await findAnew(database);
    if (fleet) measured.push(found);
  });
  try {
    if (fleet) measured.unshift(...(await fleetBenches(large)));
    if (usage) measured.push(...(await usageBenches(large)));
    return measured;
  } finally {
    await large.stop();
  }
};
