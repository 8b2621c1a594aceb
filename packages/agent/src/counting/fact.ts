/** One fact as the product told it: validated, its dimensions fitted, its window known. */

import { type Decimal, add, compare, greater } from "@submeter/shared/numbers/decimal";
import type { Instant } from "@submeter/shared/time/instant";
import type { Aggregation } from "@submeter/shared/wire/report";

export type Fact = {
  readonly meter: string;
  readonly aggregation: Aggregation;
  readonly quantity: Decimal;
  /** The text of `dimensionsKey`: one set of labels has one. */
  readonly dimensions: string;
  /** The start of the UTC hour that it belongs to. */
  readonly window: Instant;
  readonly source: string | null;
  readonly id: string | null;
  /** Set when `quantity` is not what happened but what somebody else's counter or gauge stood at. */
  readonly reading?: Reading;
};

/** `stream` names it among all that were ever read; `at` is when it was read, in nanoseconds since 1970. */
export type Reading = {
  readonly stream: string;
  readonly at: bigint;
  /** It may come again, or after a later one: what is not newer than the last is a duplicate. */
  readonly mayRepeat: boolean;
} & (
  | {
      readonly kind: "counter";
      /** It began at zero while this journal was watching, so that its first value counts too. */
      readonly beganInSight: boolean;
      /** Where `stream` is apart for each process: the part that all of them share, and when this one says it began. */
      readonly process?: { readonly series: string; readonly start: string };
    }
  | {
      readonly kind: "gauge";
      /** What it held for longer than this without a reading is not known. */
      readonly staleAfterSeconds: number;
    }
);

/** Wire: at most 18 digits before the point. */
const totalMax: Decimal = { coefficient: 10n ** 18n - 1n, scale: 0 };

/** `time_weighted` quantities are unit-seconds, which add; of a `max` meter the greatest counts. Null: beyond 18 digits. */
export function combine(aggregation: Aggregation, a: Decimal, b: Decimal): Decimal | null {
  const total = aggregation === "max" ? greater(a, b) : add(a, b);
  // Nearly all quantities are whole, and it is asked for every fact.
  const isTooLarge =
    total.scale === 0 ? total.coefficient > totalMax.coefficient : compare(total, totalMax) > 0;
  return isTooLarge ? null : total;
}
