/** The last 72 hours as the reports tell them: what was counted in each, and for how much of it the agent was counting. */

import {
  type Decimal,
  add,
  decimal,
  format,
  greater,
  zero,
} from "@submeter/shared/numbers/decimal";
import {
  type Instant,
  type Interval,
  formatInstant,
  hourFloor,
  parseInstant,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import type { Report } from "@submeter/shared/wire/report";
import { joined } from "../counting/coverage.ts";
import type { OpenWindows } from "../counting/open-windows.ts";
import type { Journal } from "../journal/journal.ts";

export const recentHours = 72;

export type HourShown = {
  readonly at: string;
  /** Null for hours before the journal began. */
  readonly covered_seconds: number | null;
  /** Decimal text by meter; a meter that is absent counted nothing. */
  readonly totals: Readonly<Record<string, string>>;
};

type Told = { readonly coverage: readonly Interval[]; readonly lines: readonly Line[] };
type Line = { readonly meter: string; readonly window: Instant; readonly total: Decimal };

type Parts = {
  readonly journal: Journal;
  readonly windows: OpenWindows;
  readonly groupCommit: { uncommittedCoverage(): Interval[] };
  /** Meters of which the greatest counts. */
  readonly peaks: ReadonlySet<string>;
};

export class RecentHours {
  readonly #parts: Parts;
  /** By journal and sequence: a sealed report is read once. */
  #told = new Map<string, Told>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async read(now: Instant): Promise<{ hours: HourShown[]; gaps: Interval[] }> {
    const to = hourFloor(now) + secondsPerHour;
    const from = to - recentHours * secondsPerHour;
    await this.#readReports(from);
    const began = Math.max(from, this.#parts.journal.journals.began() ?? now);
    const covered = this.#covered();
    const totals = this.#totals(from);
    const hours: HourShown[] = [];
    for (let at = from; at < to; at += secondsPerHour) {
      const hour = { from: Math.max(at, began), to: Math.min(at + secondsPerHour, now) };
      hours.push({
        at: formatInstant(at),
        covered_seconds: hour.from < hour.to ? secondsIn(covered, hour) : null,
        totals: Object.fromEntries(totals.get(at) ?? []),
      });
    }
    return { hours, gaps: gapsIn(covered, { from: began, to: now }) };
  }

  async #readReports(from: Instant): Promise<void> {
    const told = new Map<string, Told>();
    for (const { journal, sequence } of this.#parts.journal.view.sealedSince(from)) {
      const name = `${journal} ${sequence}`;
      const known = this.#told.get(name);
      if (known === undefined) {
        const body = this.#parts.journal.reports.body(journal, sequence);
        if (body !== null) told.set(name, this.#tellOf(body));
        // Counting goes on between two reports.
        await new Promise(setImmediate);
      } else {
        told.set(name, known);
      }
    }
    this.#told = told;
  }

  #tellOf(body: Uint8Array): Told {
    const report = JSON.parse(Buffer.from(body).toString("utf8")) as Report;
    const sums = new Map<string, Line>();
    for (const { meter, window, quantity } of report.usage) {
      const key = `${meter} ${window}`;
      const total = add(sums.get(key)?.total ?? zero, decimal(quantity));
      sums.set(key, { meter, window: parseInstant(window), total });
    }
    const coverage = report.coverage.map(([start, end]) => ({
      from: parseInstant(start),
      to: parseInstant(end),
    }));
    return { coverage, lines: [...sums.values()] };
  }

  #covered(): Interval[] {
    const { journal, groupCommit } = this.#parts;
    const sealed = [...this.#told.values()].flatMap(({ coverage }) => coverage);
    return joined([...sealed, ...journal.coverage.covered(), ...groupCommit.uncommittedCoverage()]);
  }

  #totals(from: Instant): Map<Instant, Map<string, string>> {
    const sums = new Map<Instant, Map<string, Decimal>>();
    const count = ({ meter, window, total }: Line, join: (a: Decimal, b: Decimal) => Decimal) => {
      if (window < from) return;
      const hour = sums.get(window) ?? new Map<string, Decimal>();
      hour.set(meter, join(hour.get(meter) ?? zero, total));
      sums.set(window, hour);
    };
    const open = new Map<string, Line>();
    for (const { meter, window, total } of this.#parts.windows.each()) {
      const key = `${meter} ${window}`;
      open.set(key, { meter, window, total: add(open.get(key)?.total ?? zero, total) });
    }
    const reports = [...this.#told.values()].map(({ lines }) => lines);
    for (const lines of [...reports, [...open.values()]]) {
      for (const line of lines) count(line, this.#parts.peaks.has(line.meter) ? greater : add);
    }
    return new Map(
      [...sums].map(([at, hour]) => [
        at,
        new Map([...hour].map(([meter, total]) => [meter, format(total)])),
      ]),
    );
  }
}

function secondsIn(covered: readonly Interval[], { from, to }: Interval): number {
  return covered.reduce(
    (sum, one) => sum + Math.max(0, Math.min(one.to, to) - Math.max(one.from, from)),
    0,
  );
}

/** Newest first. A second at either end is rounding, not a gap. */
function gapsIn(covered: readonly Interval[], span: Interval): Interval[] {
  const gaps: Interval[] = [];
  let from = span.from;
  for (const one of covered) {
    if (one.from > from) gaps.push({ from, to: Math.min(one.from, span.to) });
    from = Math.max(from, one.to);
  }
  if (from < span.to) gaps.push({ from, to: span.to });
  return gaps.filter((gap) => gap.to - gap.from > 2 && gap.from < span.to).toReversed();
}
