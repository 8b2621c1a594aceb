/** Remembers event ids for 72 hours, so that a retry counts once, and says when an old hour may be dropped. */

import { type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import type { RememberedId } from "../journal/event-ids-tables.ts";
import type { Journal } from "../journal/journal.ts";
import { type Fact, factText } from "./fact.ts";
import { type KeyHash, SeenFilter, keyHash } from "./seen-filter.ts";

export const rememberedHours = 72;
/** About 0.5 GB of journal at 100 bytes an id. Beyond it intake answers 503: a forgotten id could count twice. */
export const rememberedIdsMax = 5_000_000;

/** `reused`: the id stood for another fact. */
export type IdVerdict = "new" | "duplicate" | "reused";
type IdentifiedFact = Fact & { readonly id: string };

export class EventIds {
  readonly #tables: Journal["eventIds"];
  readonly #idsMax: number;
  /** Newest hour first. */
  #hours: { hour: number; ids: number }[];
  /** As the last transaction that held left them. */
  #durableHours: { hour: number; ids: number }[];
  /** When this process first saw each hour's table, by the clock that never steps. */
  readonly #seenMs = new Map<number, number>();
  /** Of the hours that began under this process; an hour without one has to be asked. */
  readonly #filters = new Map<number, SeenFilter>();
  #added = 0;

  constructor(tables: Journal["eventIds"], monotonicMs: number, idsMax = rememberedIdsMax) {
    this.#tables = tables;
    this.#idsMax = idsMax;
    this.#hours = tables.hours();
    this.#durableHours = this.#hours;
    for (const { hour } of this.#hours) this.#seenMs.set(hour, monotonicMs);
  }

  get remembered(): number {
    return this.#hours.reduce((sum, { ids }) => sum + ids, this.#added);
  }

  /** Inside the group's transaction, before its first fact. */
  begin(now: Instant): number {
    this.#added = 0;
    return hourOf(now);
  }

  /** Whether this many more ids could be remembered, should all be new. */
  hasRoomFor(ids: number): boolean {
    return this.remembered + ids <= this.#idsMax;
  }

  /** Inside the group's transaction: what the fact's id says of it. */
  judge(fact: IdentifiedFact): IdVerdict {
    const key = keyOf(fact);
    const text = factText(fact);
    const hash = hashOf(key);
    for (const known of this.#hours) {
      if (this.#filters.get(known.hour)?.mayHave(hash) === false) continue;
      const before = this.#tables.find(known.hour, key);
      if (before !== undefined) return before === text ? "duplicate" : "reused";
    }
    return "new";
  }

  /** Inside the group's transaction, for a fact judged new that was counted. */
  remember(fact: IdentifiedFact, hour: number): void {
    if (!this.#hours.some((known) => known.hour === hour)) this.#open(hour);
    const key = keyOf(fact);
    this.#tables.put(hour, key, factText(fact));
    // Should the transaction fail, the filter only asks the table once too often.
    this.#filters.get(hour)?.add(hashOf(key));
    this.#added += 1;
  }

  /** Inside the group's transaction, after its last fact. */
  end(hour: number): void {
    if (this.#added > 0) this.#tables.grow(hour, this.#added);
  }

  /** After the commit. */
  committed(hour: number, monotonicMs: number): void {
    if (this.#added === 0) return;
    const known = this.#hours.find((candidate) => candidate.hour === hour);
    if (known !== undefined) known.ids += this.#added;
    if (!this.#seenMs.has(hour)) this.#seenMs.set(hour, monotonicMs);
    this.#durableHours = this.#hours;
    this.#added = 0;
  }

  /** After a rollback. */
  rolledBack(): void {
    this.#added = 0;
    this.#hours = this.#durableHours;
  }

  /**
   * Hours whose ids are 72 h old by this machine's clock, and also by one that nobody can set: the collector's last signed
   * instant, or the time this process has watched them.
   */
  droppable(now: Instant, signed: Instant | null, monotonicMs: number): number[] {
    return this.#hours
      .map(({ hour }) => hour)
      .filter((hour) => {
        const watchedSeconds = (monotonicMs - (this.#seenMs.get(hour) ?? monotonicMs)) / 1000;
        const signedSeconds = signed === null ? 0 : signed - endOf(hour);
        const sureSeconds = Math.max(watchedSeconds - secondsPerHour, signedSeconds);
        return Math.min(now - endOf(hour), sureSeconds) >= rememberedHours * secondsPerHour;
      });
  }

  /** Inside a transaction; tell {@link dropped} after its commit. */
  drop(hours: readonly number[]): void {
    for (const hour of hours) this.#tables.drop(hour);
  }

  dropped(hours: readonly number[]): void {
    this.#hours = this.#hours.filter(({ hour }) => !hours.includes(hour));
    this.#durableHours = this.#hours;
    for (const hour of hours) {
      this.#seenMs.delete(hour);
      this.#filters.delete(hour);
    }
  }

  #open(hour: number): void {
    this.#tables.create(hour);
    this.#hours = [{ hour, ids: 0 }, ...this.#hours];
    if (!this.#filters.has(hour)) this.#filters.set(hour, new SeenFilter());
  }
}

function keyOf(fact: IdentifiedFact): RememberedId {
  return { source: fact.source ?? "", id: fact.id, meter: fact.meter };
}

function hashOf({ source, id, meter }: RememberedId): KeyHash {
  return keyHash(`${id} ${source} ${meter}`);
}

function hourOf(instant: Instant): number {
  return Math.floor(instant / secondsPerHour);
}

function endOf(hour: number): Instant {
  return (hour + 1) * secondsPerHour;
}
