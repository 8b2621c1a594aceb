/**
 * What was counted here and is not in the `used` of the newest state: open windows, and sealed reports that the collector had
 * not recorded when it wrote the state. By the chain, not by time: no clock decides what counts twice.
 */

import { matches } from "@submeter/shared/contracts/matches";
import type { CountedSince } from "@submeter/shared/entitlements/decide";
import { type Decimal, add, greater, zero } from "@submeter/shared/numbers/decimal";
import { type Instant, type Interval, parseInstant } from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import type { OpenWindows } from "../counting/open-windows.ts";
import type { CollectorKnowledge, HeldState } from "../delivery/collector-knowledge.ts";
import type { Journal } from "../journal/journal.ts";
import type { Sealer } from "../sealing/seal.ts";
import { type LabelledLine, SealedTally } from "./sealed-tally.ts";

type Parts = {
  readonly journal: Journal;
  readonly windows: OpenWindows;
  readonly knowledge: CollectorKnowledge;
  readonly sealer: Pick<Sealer, "identity">;
};

type ReadTo = {
  readonly held: HeldState | null;
  readonly journal: string;
  readonly through: number;
};

/** Events may lie so far ahead of the seal that carries them. */
const aheadSeconds = 900;

export class Unrecorded {
  readonly #parts: Parts;
  #sealed = new SealedTally(null);
  #readTo: ReadTo | null = null;
  #reading: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Resolves at once, but where much was sealed since: that is read a report at a time, and counting goes on meanwhile. */
  async ready(): Promise<void> {
    while (this.#isBehind()) {
      this.#reading ??= this.#catchUp().finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
  }

  /** In windows of the span; exact after {@link ready}. */
  readonly countedSince: CountedSince = ({ meter, combine, excludes }, span) =>
    combine === "add" ? this.#added(meter, excludes, span) : this.#greatest(meter, span);

  /** With their labels, of sealed reports by UTC day. */
  *labelled(): Generator<LabelledLine> {
    yield* this.#sealed.labelled();
    yield* this.#parts.windows.each();
  }

  #added(meter: string, excludes: readonly Dimensions[], span: Interval): Decimal {
    let total = zero;
    for (const line of this.#sealed.hours()) {
      if (line.meter === meter && isIn(line, span)) total = add(total, line.total);
    }
    for (const line of this.#parts.windows.each()) {
      if (line.meter !== meter || !isIn(line, span) || isExcluded(line, excludes)) continue;
      total = add(total, line.total);
    }
    return total;
  }

  #greatest(meter: string, span: Interval): Decimal {
    const sets = new Map<string, LabelledLine>();
    for (const line of this.labelled()) {
      if (line.meter !== meter || !isIn(line, span)) continue;
      const key = `${line.window} ${line.dimensions}`;
      const total = greater(sets.get(key)?.total ?? zero, line.total);
      sets.set(key, { ...line, total });
    }
    const hours = new Map<Instant, Decimal>();
    for (const { window, total } of sets.values()) {
      hours.set(window, add(hours.get(window) ?? zero, total));
    }
    return [...hours.values()].reduce(greater, zero);
  }

  #isBehind(): boolean {
    const { knowledge, sealer } = this.#parts;
    const { journal, lastSequence } = sealer.identity;
    const read = this.#readTo;
    return (
      read === null ||
      read.held !== knowledge.held ||
      read.journal !== journal ||
      read.through !== lastSequence
    );
  }

  async #catchUp(): Promise<void> {
    const { knowledge, sealer, journal } = this.#parts;
    const { held } = knowledge;
    const { journal: name, lastSequence: through } = sealer.identity;
    const read = this.#readTo;
    const goesOn = read !== null && read.held === held && read.journal === name;
    const sealed = goesOn ? this.#sealed : new SealedTally(held?.entitlements ?? null);
    const throughs = throughsOf(held);
    // Should reading fail midway, all of it is read anew: nothing may be added twice.
    this.#readTo = null;
    const journals = goesOn
      ? [{ name, after: read.through }]
      : journal.journals.names().map((one) => ({ name: one, after: throughs.get(one) ?? 0 }));
    for (const { name: one, after } of journals) {
      const sequences = journal.reports.unrecorded(one, after, {
        recordedBefore: asOf(held),
        sealedFrom: startOf(held) - aheadSeconds,
      });
      for (const sequence of sequences) {
        // What is sealed meanwhile is read the next time round.
        if (one === name && sequence > through) break;
        const body = journal.reports.body(one, sequence);
        if (body !== null) sealed.add(body);
        await new Promise(setImmediate);
      }
    }
    this.#sealed = sealed;
    this.#readTo = { held, journal: name, through };
  }
}

function throughsOf(held: HeldState | null): Map<string, number> {
  return new Map(held?.entitlements?.journals.map(({ journal, through }) => [journal, through]));
}

/** What the collector recorded before it is in \`used\`, also beyond a hole. */
function asOf(held: HeldState | null): Instant {
  const entitlements = held?.entitlements ?? null;
  return entitlements === null ? 0 : parseInstant(entitlements.as_of);
}

/** Where the period of the state begins: what was sealed before it holds nothing of the period. */
function startOf(held: HeldState | null): Instant {
  const period = held?.entitlements?.period ?? null;
  return period === null ? 0 : parseInstant(period.from);
}

function isIn({ window }: { readonly window: Instant }, { from, to }: Interval): boolean {
  return window >= from && window < to;
}

function isExcluded({ dimensions }: LabelledLine, excludes: readonly Dimensions[]): boolean {
  if (excludes.length === 0) return false;
  const values = JSON.parse(dimensions) as Dimensions;
  return excludes.some((one) => matches(one, values));
}
