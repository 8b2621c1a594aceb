/**
 * Usage adjustments: an operator's corrections of what was counted, laid over the hours they name after what is billable
 * was selected (billing rules, section 4).
 *
 * What is added is spread evenly over its hours. What is taken off is taken where it was counted, in proportion, and
 * never more than was counted: no hour and no line falls below zero.
 */

import { matches } from "../contracts/matches.ts";
import {
  absolute,
  add,
  decimal,
  format,
  isNegative,
  isZero,
  negate,
  rescale,
} from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { allocateByLargestRemainder } from "../numbers/allocate.ts";
import { formatInstant, hourFloor, parseInstant, secondsPerHour } from "../time/instant.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import type {
  PeriodOfStatement,
  StatementInputs,
  UsageAdjustment,
  UsageRow,
} from "./statement-inputs.ts";

/** What an adjustment changed of one meter and dimension set. */
export type AdjustedPart = {
  readonly id: string;
  readonly reason: string;
  readonly meter: string;
  readonly dimensions: Dimensions;
  /** Signed. */
  readonly quantity: Decimal;
};

type Adjusted = {
  readonly rows: readonly UsageRow[];
  readonly parts: readonly AdjustedPart[];
};

/** The journal of rows that no journal reported. */
const adjustmentJournal = "adjustment";

/**
 * `select` leaves out what is not billable. What is added is selected like any other usage; what is taken off is taken
 * from what was selected.
 */
export function adjustedUsage<Selected extends { readonly rows: readonly UsageRow[] }>(
  { usage, adjustments = [], period }: Pick<StatementInputs, "usage" | "adjustments" | "period">,
  select: (usage: readonly UsageRow[]) => Selected,
): Selected & Adjusted {
  if (adjustments.length === 0) return { ...select(usage), parts: [] };
  const inOrder = adjustments.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const added = addedUsage(inOrder, period);
  const selected = select([...usage, ...added.rows]);
  const taken = takenUsage(selected.rows, inOrder, period);
  return { ...selected, rows: taken.rows, parts: [...added.parts, ...taken.parts] };
}

/** What of an adjustment falls into a span: its even share of each hour, summed; signed. */
export function adjustmentWithin(
  adjustment: UsageAdjustment,
  span: { readonly from: string; readonly to: string },
): Decimal {
  const share = shareWithin(adjustment, span).map(({ quantity }) => quantity);
  return share.length === 0 ? decimal("0") : share.reduce(add);
}

/** As rows of their own. */
function addedUsage(adjustments: readonly UsageAdjustment[], period: PeriodOfStatement): Adjusted {
  const rows: UsageRow[] = [];
  const parts: AdjustedPart[] = [];
  for (const one of adjustments) {
    const share = shareWithin(one, period);
    if (share.length === 0 || isNegative(decimal(one.quantity))) continue;
    const { id, reason, meter, dimensions } = one;
    for (const { window, quantity } of share) {
      rows.push({
        installation: id,
        journal: adjustmentJournal,
        window,
        meter,
        dimensions,
        quantity: format(quantity),
      });
    }
    const quantity = share.map((hour) => hour.quantity).reduce(add);
    parts.push({ id, reason, meter, dimensions, quantity });
  }
  return { rows, parts };
}

/** From the rows that they name, one adjustment after the other. */
function takenUsage(
  rows: readonly UsageRow[],
  adjustments: readonly UsageAdjustment[],
  period: PeriodOfStatement,
): Adjusted {
  let left = [...rows];
  const parts: AdjustedPart[] = [];
  for (const one of adjustments) {
    const share = shareWithin(one, period);
    if (share.length === 0 || !isNegative(decimal(one.quantity))) continue;
    const wanted = negate(share.map((hour) => hour.quantity).reduce(add));
    const taken = takeFrom(left, one, wanted);
    left = taken.rows;
    for (const { dimensions, quantity } of taken.parts) {
      parts.push({ id: one.id, reason: one.reason, meter: one.meter, dimensions, quantity });
    }
  }
  return { rows: left, parts };
}

/**
 * Its hours within the period, each with its even share of the whole, so that what several periods get sums to what was
 * adjusted, exactly.
 */
function shareWithin(
  { from, to, quantity }: UsageAdjustment,
  period: Pick<PeriodOfStatement, "from" | "to">,
): { window: string; quantity: Decimal }[] {
  const first = hourFloor(parseInstant(from));
  const hours = Math.max(1, Math.ceil((parseInstant(to) - first) / secondsPerHour));
  const whole = decimal(quantity);
  const sign = isNegative(whole) ? -1n : 1n;
  const { coefficient, scale } = absolute(whole);
  const even = allocateByLargestRemainder(
    coefficient,
    Array.from({ length: hours }, () => 1n),
  );
  return even.flatMap((part, index) => {
    const window = formatInstant(first + index * secondsPerHour);
    // Instants in RFC 3339 with Z sort as text.
    if (part === 0n || window < period.from || window >= period.to) return [];
    return [{ window, quantity: { coefficient: sign * part, scale } }];
  });
}

function takeFrom(
  rows: readonly UsageRow[],
  { meter, dimensions, from, to }: UsageAdjustment,
  wanted: Decimal,
): { rows: UsageRow[]; parts: { dimensions: Dimensions; quantity: Decimal }[] } {
  const start = formatInstant(hourFloor(parseInstant(from)));
  const named = rows
    .map((row, index) => ({ row, index }))
    .filter(
      ({ row }) =>
        row.meter === meter &&
        row.window >= start &&
        row.window < to &&
        matches(dimensions, row.dimensions),
    )
    .toSorted((a, b) => (keyOf(a.row) < keyOf(b.row) ? -1 : 1));
  const scale = Math.max(wanted.scale, ...named.map(({ row }) => decimal(row.quantity).scale));
  const counted = named.map(({ row }) => rescale(decimal(row.quantity), scale).coefficient);
  const total = counted.reduce((sum, one) => sum + one, 0n);
  if (total === 0n) return { rows: [...rows], parts: [] };
  const asked = rescale(wanted, scale).coefficient;
  const takes = allocateByLargestRemainder(asked < total ? asked : total, counted);
  const left = [...rows];
  const parts = new Map<string, { dimensions: Dimensions; quantity: Decimal }>();
  named.forEach(({ row, index }, place) => {
    const take = { coefficient: -(takes[place] ?? 0n), scale };
    left[index] = { ...row, quantity: format(add(decimal(row.quantity), take)) };
    const key = dimensionsKey(row.dimensions);
    const before = parts.get(key)?.quantity ?? { coefficient: 0n, scale };
    parts.set(key, { dimensions: row.dimensions, quantity: add(before, take) });
  });
  // What was taken off whole is gone: a meter that should never have counted needs no price.
  const gone = new Set(
    named.flatMap(({ index }) => (isZero(decimal(left[index]?.quantity ?? "0")) ? [index] : [])),
  );
  return { rows: left.filter((_, index) => !gone.has(index)), parts: [...parts.values()] };
}

function keyOf(row: UsageRow): string {
  const { window, installation, journal, dimensions, quantity } = row;
  return [window, installation, journal, dimensionsKey(dimensions), quantity].join("\n");
}
