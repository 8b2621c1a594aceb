/** Û: what journals with missing hours would have counted, by the mean of their own counted hours (billing rules, section 2, "Charge"). */

import type { HourRange } from "../coverage/hours-of-period.ts";
import { decimal } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { floorToScale, fraction, multiplyFractions, toFraction } from "../numbers/fraction.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { grouped } from "./basis.ts";
import { canBeEstimated, hoursMissing } from "./missing-hours.ts";
import type { StatementInputs } from "./statement-inputs.ts";

export type EstimatedUsage = {
  readonly installation: string;
  readonly journal: string;
  readonly meter: string;
  readonly dimensions: Dimensions;
  readonly quantity: Decimal;
  /** By the mean of counted hours, or held as in the hour beside the gap. */
  readonly how: "estimate" | "held";
  /** The hours that it stands for, with what each of its gaps holds of it; empty for what no hour holds. */
  readonly over: readonly { readonly ranges: readonly HourRange[]; readonly quantity: Decimal }[];
  /** What it was computed from, for the line's computation. */
  readonly note: string;
};

/** `acme-eu, journal 0f1e2d3c` */
export function ofJournal({
  installation,
  journal,
}: Pick<EstimatedUsage, "installation" | "journal">) {
  return `${installation}, journal ${journal.slice(0, 8)}`;
}

/** One floor for each journal, meter and dimension set, at the meter's scale. Greatest values (`max`) are never estimated. */
export function estimateUsage(inputs: StatementInputs): EstimatedUsage[] {
  const scales = new Map(
    inputs.plan.meters
      .filter(({ aggregation }) => aggregation !== "max")
      .map(({ name, scale }) => [name, scale]),
  );
  const journals = new Map(
    inputs.hours.installations.flatMap(({ installation, journals: all }) =>
      all
        .filter((journal) => hoursMissing(journal) > 0 && canBeEstimated(journal))
        .map((journal) => [`${installation}\n${journal.journal}`, journal] as const),
    ),
  );
  return inputs.history.flatMap((row) => {
    const journal = journals.get(`${row.installation}\n${row.journal}`);
    const scale = scales.get(row.meter);
    if (journal === undefined || scale === undefined || journal.history === null) return [];
    const countedHours = journal.history.counted_hours;
    const missingHours = hoursMissing(journal);
    const ratio = fraction(BigInt(missingHours), BigInt(countedHours));
    const mean = multiplyFractions(toFraction(decimal(row.quantity)), ratio);
    const quantity = floorToScale(mean, scale);
    return [
      {
        installation: row.installation,
        journal: row.journal,
        meter: row.meter,
        dimensions: row.dimensions,
        quantity,
        how: "estimate" as const,
        over: [{ ranges: journal.missing, quantity }],
        note: `${grouped(row.quantity)} in ${grouped(countedHours)} counted hours × ${grouped(missingHours)} missing hours, ${ofJournal(row)}`,
      },
    ];
  });
}
