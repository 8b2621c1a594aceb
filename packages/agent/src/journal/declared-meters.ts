/** Holds the meter file against what the journal has counted under the same names. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { MeterHead } from "@submeter/shared/wire/report";
import type { Journal } from "./journal.ts";

/** Remembers the declarations. Wire: unit and aggregation of a name never change. Throws `meter_changed`. */
export function declareMeters(journal: Journal, declared: readonly MeterHead[]): void {
  const known = new Map(journal.meters.all().map((meter) => [meter.name, meter]));
  for (const meter of declared) {
    const before = known.get(meter.name);
    if (before === undefined) continue;
    if (before.unit === meter.unit && before.aggregation === meter.aggregation) continue;
    throw new SubmeterError(
      "meter_changed",
      `meter ${meter.name} was counted as ${before.unit} (${before.aggregation}) and is now declared as ${meter.unit} (${meter.aggregation})`,
      "declare it as it was, or give the new meaning a new name",
    );
  }
  journal.write(() => {
    for (const meter of declared) journal.meters.put(meter);
  });
}
