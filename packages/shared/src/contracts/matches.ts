/** Whether labels fit what is demanded of them. */

import type { Dimensions } from "../wire/dimensions.ts";

/** Whether usage with these dimensions has every value that the price demands. */
export function matches(demanded: Dimensions, dimensions: Dimensions): boolean {
  // Without an array of entries: this is asked for each total of each period.
  for (const name in demanded) if (dimensions[name] !== demanded[name]) return false;
  return true;
}
