/** Sums over sealed reports, small however many sets of labels they have: by hour without labels, by UTC day with them. */

import { matches } from "@submeter/shared/contracts/matches";
import type { Entitlements } from "@submeter/shared/entitlements/entitlements";
import { type Decimal, add, decimal, greater, zero } from "@submeter/shared/numbers/decimal";
import { type Instant, parseInstant, secondsPerDay } from "@submeter/shared/time/instant";
import { type Dimensions, dimensionsKey } from "@submeter/shared/wire/dimensions";
import type { Report } from "@submeter/shared/wire/report";

export type TallyLine = {
  readonly meter: string;
  readonly window: Instant;
  readonly total: Decimal;
};

/** `dimensions` is the text of `dimensionsKey`. */
export type LabelledLine = TallyLine & { readonly dimensions: string };

export class SealedTally {
  /** Of what adds up, without what the entitlement leaves out. */
  readonly #hours = new Map<string, TallyLine>();
  /** Of what adds up by day, where it lies in the period; of greatest values by hour. */
  readonly #labelled = new Map<string, LabelledLine>();
  readonly #periodFrom: Instant;
  readonly #excludes: ReadonlyMap<string, readonly Dimensions[]>;

  constructor(entitlements: Entitlements | null) {
    const period = entitlements?.period ?? null;
    this.#periodFrom = period === null ? 0 : parseInstant(period.from);
    this.#excludes = new Map(entitlements?.meters.map(({ meter, excludes }) => [meter, excludes]));
  }

  /** Of windows of the period and later: what lies before it is nobody's question. */
  add(body: Uint8Array): void {
    const report = JSON.parse(Buffer.from(body).toString("utf8")) as Report;
    const peaks = new Set(
      report.meters.filter(({ aggregation }) => aggregation === "max").map(({ name }) => name),
    );
    for (const line of report.usage) {
      const window = parseInstant(line.window);
      if (window < this.#periodFrom) continue;
      const counted = { ...line, window, total: decimal(line.quantity) };
      if (peaks.has(line.meter)) this.#keepGreatest(counted);
      else this.#add(counted);
    }
  }

  hours(): Iterable<TallyLine> {
    return this.#hours.values();
  }

  labelled(): Iterable<LabelledLine> {
    return this.#labelled.values();
  }

  #add({ meter, window, dimensions, total }: Counted): void {
    const isExcluded = this.#excludes.get(meter)?.some((one) => matches(one, dimensions)) ?? false;
    if (!isExcluded) {
      const key = `${meter} ${window}`;
      const before = this.#hours.get(key)?.total ?? zero;
      this.#hours.set(key, { meter, window, total: add(before, total) });
    }
    const day = Math.max(this.#periodFrom, Math.floor(window / secondsPerDay) * secondsPerDay);
    this.#label({ meter, window: day, dimensions, total }, add);
  }

  #keepGreatest(line: Counted): void {
    this.#label(line, greater);
  }

  #label(line: Counted, join: (a: Decimal, b: Decimal) => Decimal): void {
    const { meter, window, total } = line;
    const dimensions = dimensionsKey(line.dimensions);
    const key = `${meter} ${window} ${dimensions}`;
    const before = this.#labelled.get(key)?.total ?? zero;
    this.#labelled.set(key, { meter, window, dimensions, total: join(before, total) });
  }
}

type Counted = TallyLine & { readonly dimensions: Dimensions };
