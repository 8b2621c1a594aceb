/** What is called otherwise elsewhere: metrics, labels and sources of other protocols, brought to the declared names. */

import type { Meter, MeterFile } from "@submeter/shared/metering/meter-file";
import type { Ways } from "../ways.ts";

export type ForeignNames = Pick<Ways, "names" | "labels" | "sources">;

/** Undefined: no meter is declared for it. */
export function meterNamed(
  name: string,
  meters: MeterFile["meters"],
  { names }: ForeignNames,
): Meter | undefined {
  return meters.get(names.get(name) ?? name);
}

/** Only labels that the meter declares: such senders add others of their own, and those must not leave. */
export function declaredLabels(
  labels: Iterable<readonly [string, string]>,
  meter: Meter,
  names: ForeignNames,
): Record<string, string> {
  const declared = new Set(meter.dimensions.map(({ name }) => name));
  const kept: Record<string, string> = {};
  for (const [foreign, value] of labels) {
    const name = names.labels.get(foreign) ?? foreign;
    if (declared.has(name)) kept[name] = value;
  }
  return kept;
}

export function sourceNamed(name: string, { sources }: ForeignNames): string {
  return sources.get(name) ?? name;
}
