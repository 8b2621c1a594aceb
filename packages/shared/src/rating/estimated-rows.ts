/** What was estimated or held, as usage of the hours it stands for: a quota by day or instant is taken hour by hour. */

import type { HourRange } from "../coverage/hours-of-period.ts";
import { allocateByLargestRemainder } from "../numbers/allocate.ts";
import { format } from "../numbers/decimal.ts";
import { formatInstant, parseInstant, secondsPerHour } from "../time/instant.ts";
import type { EstimatedUsage } from "./estimate.ts";
import type { UsageRow } from "./statement-inputs.ts";

/** Even within each of its gaps; together exactly what was estimated. */
export function estimatedRows(estimates: readonly EstimatedUsage[]): UsageRow[] {
  return estimates.flatMap(({ installation, journal, meter, dimensions, over }) =>
    over.flatMap(({ ranges, quantity: { coefficient, scale } }) => {
      const windows = ranges.flatMap(windowsOf);
      if (windows.length === 0) return [];
      const even = allocateByLargestRemainder(
        coefficient,
        windows.map(() => 1n),
      );
      return windows.map((window, index) => ({
        installation,
        journal,
        window,
        meter,
        dimensions,
        quantity: format({ coefficient: even[index] ?? 0n, scale }),
      }));
    }),
  );
}

function windowsOf([from, to]: HourRange): string[] {
  const windows: string[] = [];
  for (let at = parseInstant(from); at < parseInstant(to); at += secondsPerHour) {
    windows.push(formatInstant(at));
  }
  return windows;
}
