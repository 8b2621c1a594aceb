/** Remembers event ids for 72 hours, so that a retry counts once, and says when an old hour may be dropped. */

import { format } from "@submeter/shared/numbers/decimal";
import { type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import type { Journal } from "../journal/journal.ts";
import { type RememberedId, idHash, idsPerPage, isNamed } from "../journal/remembered-id.ts";
import type { Fact } from "./fact.ts";
import { IdIndex } from "./id-index.ts";

export const rememberedHours = 72;
/** About 0.5 GB of journal, and 67 MB of memory. Beyond it intake answers 503: a forgotten id could count twice. */
export const rememberedIdsMax = 6_000_000;

/** `reused`: the id stood for another fact. */
export type IdVerdict = "new" | "duplicate" | "reused";
export type IdentifiedFact = Fact & { readonly id: string };

type Hour = { readonly hour: number; ids: number; pages: number };
/** Pages that follow each other: of the file, where they are numbered hour by hour, and of the index, where they are in all. */
type Run = {
  readonly hour: number;
  readonly first: number;
  readonly firstOfHour: number;
  pages: number;
};

export class EventIds {
  readonly #tables: Journal["eventIds"];
  readonly #idsMax: number;
  /** Newest first. */
  #hours: Hour[] = [];
  #runs: Run[] = [];
  readonly #index = new IdIndex();
  /** Grows from 1 on; at five million ids in 72 hours it would take seven years to 2³², and a restart begins anew. */
  #nextPage = 1;
  #remembered = 0;
  /** When this process first saw each hour's table, by the clock that never steps. */
  readonly #seenMs = new Map<number, number>();
  /** Of the group that is being counted; their pages are numbered from `#nextPage` on. */
  #added: RememberedId[] = [];
  /** `idHash` of each of them. */
  readonly #addedHashes: number[] = [];
  /** The hash of the id judged last. */
  #judged = 0;
  /** A request that is sent again asks one page for many ids. */
  #lastRead: { readonly page: number; readonly ids: readonly RememberedId[] | null } | null = null;

  readonly #isKept = (page: number): boolean =>
    page >= this.#nextPage || this.#runOf(page) !== undefined;

  constructor(tables: Journal["eventIds"], monotonicMs: number, idsMax = rememberedIdsMax) {
    this.#tables = tables;
    this.#idsMax = idsMax;
    const hours = tables.hours();
    this.#index.reserve(
      hours.reduce((sum, { ids }) => sum + ids, 0),
      this.#isKept,
    );
    for (const { hour } of hours) {
      this.#read(hour);
      this.#seenMs.set(hour, monotonicMs);
    }
  }

  get remembered(): number {
    return this.#remembered + this.#added.length;
  }

  /** Inside the group's transaction, before its first fact. */
  begin(now: Instant): number {
    return hourOf(now);
  }

  /** Whether this many more ids could be remembered, should all be new. */
  hasRoomFor(ids: number): boolean {
    return this.remembered + ids <= this.#idsMax;
  }

  /** Inside the group's transaction: what the fact's id says of it. */
  judge(fact: IdentifiedFact): IdVerdict {
    const hash = idHash(fact);
    this.#judged = hash;
    const before = this.#index.find(hash, (page) => {
      const ids = this.#idsOf(page);
      return ids === null ? "unreadable" : ids.find((remembered) => isNamed(remembered, fact));
    });
    if (before === undefined) return "new";
    // An id of this hash was counted, and hardly ever another one: it must neither count twice nor fail its group.
    if (before === "unreadable") return "duplicate";
    const isSame =
      before.dimensions === fact.dimensions && before.quantity === format(fact.quantity);
    return isSame ? "duplicate" : "reused";
  }

  /** Inside the group's transaction, for the fact judged last: it was new, and was counted. */
  remember({ source, id, meter, quantity, dimensions }: IdentifiedFact): void {
    this.#index.reserve(1, this.#isKept);
    this.#index.add(this.#judged, this.#pageAt(this.#added.length));
    this.#added.push({ source, id, meter, quantity: format(quantity), dimensions });
    this.#addedHashes.push(this.#judged);
  }

  /** Inside the group's transaction, after its last fact. */
  end(hour: number): void {
    const ids = this.#added.length;
    if (ids === 0) return;
    const known = this.#hours.find((candidate) => candidate.hour === hour);
    if (known === undefined) this.#tables.create(hour);
    let page = known?.pages ?? 0;
    for (let at = 0; at < ids; at += idsPerPage) {
      page += 1;
      const hashes = new Uint32Array(this.#addedHashes.slice(at, at + idsPerPage));
      this.#tables.put(hour, page, this.#added.slice(at, at + idsPerPage), hashes);
    }
    this.#tables.grow(hour, ids);
  }

  /** After the commit. */
  committed(hour: number, monotonicMs: number): void {
    const ids = this.#added.length;
    if (ids === 0) return;
    this.#grow(hour, ids, Math.ceil(ids / idsPerPage));
    if (!this.#seenMs.has(hour)) this.#seenMs.set(hour, monotonicMs);
    this.#forgetAdded();
  }

  /** After a rollback. */
  rolledBack(): void {
    for (const [at, hash] of this.#addedHashes.entries()) {
      this.#index.remove(hash, this.#pageAt(at));
    }
    this.#forgetAdded();
  }

  #forgetAdded(): void {
    this.#added = [];
    this.#addedHashes.length = 0;
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
    const isKept = ({ hour }: { hour: number }) => !hours.includes(hour);
    // What the index still has of them leads nowhere, until it needs the room.
    this.#hours = this.#hours.filter(isKept);
    this.#runs = this.#runs.filter(isKept);
    this.#remembered = this.#hours.reduce((sum, { ids }) => sum + ids, 0);
    this.#lastRead = null;
    for (const hour of hours) this.#seenMs.delete(hour);
  }

  #read(hour: number): void {
    for (const hashes of this.#tables.hashes(hour)) {
      for (const hash of hashes) this.#index.add(hash, this.#nextPage);
      this.#grow(hour, hashes.length, 1);
    }
  }

  /** So many ids more lie in so many pages more. */
  #grow(hour: number, ids: number, pages: number): void {
    let known = this.#hours.find((candidate) => candidate.hour === hour);
    if (known === undefined) {
      known = { hour, ids: 0, pages: 0 };
      this.#hours = [known, ...this.#hours].toSorted((a, b) => b.hour - a.hour);
    }
    let run = this.#runs.at(-1);
    if (run?.hour !== hour) {
      run = { hour, first: this.#nextPage, firstOfHour: known.pages + 1, pages: 0 };
      this.#runs.push(run);
    }
    known.ids += ids;
    known.pages += pages;
    run.pages += pages;
    this.#nextPage += pages;
    this.#remembered += ids;
  }

  /** Null where the page is damaged. */
  #idsOf(page: number): readonly RememberedId[] | null {
    if (page >= this.#nextPage) {
      const at = (page - this.#nextPage) * idsPerPage;
      return this.#added.slice(at, at + idsPerPage);
    }
    if (this.#lastRead?.page === page) return this.#lastRead.ids;
    const run = this.#runOf(page);
    if (run === undefined) return [];
    const ids = this.#tables.find(run.hour, page - run.first + run.firstOfHour);
    this.#lastRead = { page, ids };
    return ids;
  }

  /** Of the group that is being counted. */
  #pageAt(place: number): number {
    return this.#nextPage + Math.floor(place / idsPerPage);
  }

  #runOf(page: number): Run | undefined {
    return this.#runs.findLast(({ first, pages }) => page >= first && page < first + pages);
  }
}

function hourOf(instant: Instant): number {
  return Math.floor(instant / secondsPerHour);
}

function endOf(hour: number): Instant {
  return (hour + 1) * secondsPerHour;
}
