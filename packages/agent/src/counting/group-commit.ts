/** Requests that arrive together share one durable transaction, and each is answered after it. */

import type { Clock } from "@submeter/shared/time/clock";
import type { Instant, Interval } from "@submeter/shared/time/instant";
import type { HeardRow } from "../journal/coverage-tables.ts";
import { type StorageFault, storageFault } from "../journal/database.ts";
import type { Journal } from "../journal/journal.ts";
import { type Alive, type Reading, begin, carry, restartAt } from "./coverage.ts";
import type { EventIds, IdentifiedFact } from "./event-ids.ts";
import type { Fact, Reading as StreamReading } from "./fact.ts";
import { gather } from "./gather.ts";
import type { Heard } from "./heard.ts";
import type { Delta, OpenWindows } from "./open-windows.ts";
import type { Streams } from "./streams.ts";
import { Tally } from "./tally.ts";

/**
 * What became of one fact. `reused`: its id stood for another fact; `overflow`: the total would not fit a report;
 * `streams_full`: it reads a counter that is one too many to remember.
 */
export type FactOutcome = "counted" | "duplicate" | "reused" | "overflow" | "streams_full";

export type GroupResult =
  | { readonly kind: "committed"; readonly outcomes: readonly FactOutcome[] }
  /** Nothing of the request was counted. */
  | { readonly kind: "refused"; readonly reason: Refusal };

export type Refusal = "ids_full" | "disk_full" | "commit_failed" | "journal_broken" | "stopping";

type Waiting = {
  facts: readonly Fact[];
  heard: readonly string[];
  pages: readonly string[];
  answer: (result: GroupResult) => void;
};

/** What the facts of one group are counted into. */
type Group = { readonly delta: Delta; readonly now: Instant };

export type CountingParts = {
  readonly journal: Journal;
  readonly windows: OpenWindows;
  readonly eventIds: EventIds;
  readonly streams: Streams;
  readonly heard: Heard;
  readonly declaredSources: ReadonlySet<string>;
  /** How long a group waits for more; 0: as long as each turn of the event loop brings more, within bounds. */
  readonly delayMs: number;
  readonly clock: Clock;
  /** Whether the room that is kept for delivery is there; counting may not use it up. */
  readonly hasHeadroom: () => boolean;
  readonly onTakenUp: (counters: number) => void;
  /** Every failed commit; after a `broken` one the process must end and start afresh from the file. */
  readonly onFault: (fault: StorageFault, error: unknown) => void;
};

export class GroupCommit {
  readonly #parts: CountingParts;
  #waiting: Waiting[] = [];
  /** Null: intake has not begun, is refusing, or has ended. */
  #alive: Alive | null = null;
  /** Until a commit succeeds again and ids have room; coverage stands still meanwhile. */
  #refusing: "ids_full" | "disk_full" | "commit_failed" | null = null;
  /** Of the largest request that was refused for want of room, until that much has room; 0: none. */
  #idsWanted = 0;
  #durableMs: number | null = null;
  /** Of what passed through, since the program started. */
  readonly tally = new Tally();
  /** For good. */
  #ended: "journal_broken" | "stopping" | null = null;

  constructor(parts: CountingParts) {
    this.#parts = parts;
  }

  /** Why not everything is counted at present (`ids_full`: what has no id is); null when all is well. */
  get refusing(): Refusal | null {
    return this.#ended ?? this.#refusing;
  }

  /** When something was last made durable, by the clock that never steps; null before the first time. */
  get durableMs(): number | null {
    return this.#durableMs;
  }

  /** Intake listens from now on. */
  begin(): void {
    if (this.#parts.hasHeadroom()) this.#alive = begin(this.#reading());
    else this.#refusing = "disk_full";
  }

  /**
   * Resolves when the facts are durable, or are certain not to be counted. `heard`: sources that spoke besides theirs; `pages`:
   * pages of counters of which these facts are all that is counted.
   */
  submit(
    facts: readonly Fact[],
    heard: readonly string[] = [],
    pages: readonly string[] = [],
  ): Promise<GroupResult> {
    if (this.#ended !== null) {
      this.tally.refuse(this.#ended, facts.length);
      return Promise.resolve({ kind: "refused", reason: this.#ended });
    }
    return new Promise((answer) => {
      this.#waiting.push({ facts, heard, pages, answer });
      if (this.#waiting.length > 1) return;
      gather(
        () => this.#waiting.length,
        this.#parts.delayMs,
        () => {
          // A tick may have taken the group along already.
          if (this.#waiting.length > 0) this.commitNow();
        },
      );
    });
  }

  /** Commits what waits; without anything waiting it makes the coverage durable (the tick). */
  commitNow(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (this.#ended !== null) {
      this.#refuseAll(group, this.#ended);
      return;
    }
    if (!this.#parts.hasHeadroom()) {
      this.#alive = null;
      this.#refusing = "disk_full";
      this.#refuseAll(group, "disk_full");
      return;
    }
    try {
      const results = this.#commit(group);
      group.forEach(({ facts, answer }, index) => {
        const result = results[index] as GroupResult;
        this.tally.note(result, facts.length);
        answer(result);
      });
    } catch (error) {
      this.#refuseAll(group, this.#failed(error));
    }
  }

  /**
   * Seals between two commits: coverage is carried to now inside the same transaction as `work`, and goes on from the whole
   * second `cut`. Throws what `work` or the journal throws; nothing has changed then.
   */
  sealing<Result>(work: (cut: Instant) => Result): Result {
    const reading = this.#reading();
    const cut = Math.floor(reading.wallMs / 1000);
    const carried = this.#alive === null ? null : carry(this.#alive, reading);
    try {
      const result = this.#parts.journal.write(() => {
        for (const interval of carried?.write ?? []) this.#parts.journal.coverage.extend(interval);
        return work(cut);
      });
      if (carried !== null) this.#alive = restartAt(carried.alive, cut);
      return result;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  /** Coverage that is not in the journal yet, as it stands now. */
  uncommittedCoverage(): Interval[] {
    return this.#alive === null ? [] : carry(this.#alive, this.#reading()).write;
  }

  /** Ends counting: commits what waits, makes the coverage durable, refuses from then on. */
  stop(): void {
    this.commitNow();
    this.#ended ??= "stopping";
    this.#alive = null;
  }

  #commit(group: readonly Waiting[]): GroupResult[] {
    const { journal, windows, eventIds, streams, heard, clock } = this.#parts;
    const reading = this.#reading();
    const now = Math.floor(reading.wallMs / 1000);
    const delta = windows.delta();
    const carried = this.#carried(reading);
    const words = heard.words(this.#sourcesOf(group), now);
    const hour = eventIds.begin(now);
    const results = journal.write(() => {
      const decided = group.map((request) => this.#count(request, { delta, now }));
      eventIds.end(hour);
      this.#writeRows(delta, decided.some(isRefused) ? [] : carried.write, words);
      return decided;
    });
    // Memory changes only now that the file has.
    eventIds.committed(hour, clock.monotonicMs());
    const takenUp = streams.committed();
    this.tally.takenUp += takenUp;
    if (takenUp > 0) this.#parts.onTakenUp(takenUp);
    windows.fold(delta);
    heard.fold(words);
    this.#idsWanted = this.#stillWanted(group, results);
    this.#alive = this.#idsWanted > 0 ? null : carried.alive;
    this.#refusing = this.#idsWanted > 0 ? "ids_full" : null;
    this.#durableMs = reading.monotonicMs;
    return results;
  }

  #stillWanted(group: readonly Waiting[], results: readonly GroupResult[]): number {
    const refused = group.filter((_, index) => results[index]?.kind === "refused");
    return [this.#idsWanted, ...refused.map(({ facts }) => idsOf(facts))]
      .filter((ids) => !this.#parts.eventIds.hasRoomFor(ids))
      .reduce((most, ids) => Math.max(most, ids), 0);
  }

  /** After a refusal, coverage begins anew with the first commit that succeeds. */
  #carried(reading: Reading): { write: Interval[]; alive: Alive | null } {
    if (this.#refusing !== null) return { write: [], alive: begin(reading) };
    return this.#alive === null ? { write: [], alive: null } : carry(this.#alive, reading);
  }

  #count({ facts, pages }: Waiting, group: Group): GroupResult {
    const ids = idsOf(facts);
    if (ids > 0 && !this.#parts.eventIds.hasRoomFor(ids)) {
      return { kind: "refused", reason: "ids_full" };
    }
    const outcomes = facts.map((fact) =>
      fact.reading === undefined
        ? this.#countOne(fact, group)
        : this.#countReading(fact, fact.reading, group),
    );
    // A counter that had no room must not pass for one that was not there.
    if (!outcomes.includes("streams_full")) {
      for (const page of pages) this.#parts.streams.see(page, group.now);
    }
    return { kind: "committed", outcomes };
  }

  #countOne(fact: Fact, { delta }: Group): FactOutcome {
    if (!isIdentified(fact)) return delta.count(fact) ? "counted" : "overflow";
    const verdict = this.#parts.eventIds.judge(fact);
    if (verdict !== "new") return verdict;
    // What was not counted is not remembered either: its retry must not pass for a duplicate.
    if (!delta.count(fact)) return "overflow";
    this.#parts.eventIds.remember(fact);
    return "counted";
  }

  #countReading(fact: Fact, reading: StreamReading, { delta, now }: Group): FactOutcome {
    const { streams } = this.#parts;
    const verdict = streams.judge(fact, reading);
    if (verdict.kind === "duplicate") return "duplicate";
    if (verdict.kind === "full") return "streams_full";
    if (verdict.kind === "taken_up") {
      streams.takeUp(fact, reading, now);
      return "counted";
    }
    const amounts = verdict.amounts.map((amount) => ({ ...fact, ...amount }));
    // Where it does not fit, the next reading still tells the whole difference: so nothing of this one may count.
    if (!amounts.every((amount) => delta.fits(amount))) return "overflow";
    for (const amount of amounts) delta.count(amount);
    streams.remember(fact, reading, now);
    return "counted";
  }

  #writeRows(delta: Delta, coverage: readonly Interval[], words: readonly HeardRow[]): void {
    const { journal } = this.#parts;
    delta.write(journal.counts);
    for (const interval of coverage) journal.coverage.extend(interval);
    for (const row of words) journal.coverage.hear(row);
  }

  #sourcesOf(group: readonly Waiting[]): Set<string> {
    const declared = this.#parts.declaredSources;
    const sources = new Set<string>();
    if (declared.size === 0) return sources;
    for (const { facts, heard } of group) {
      for (const source of heard) if (declared.has(source)) sources.add(source);
      for (const { source } of facts) {
        if (source !== null && declared.has(source)) sources.add(source);
      }
    }
    return sources;
  }

  #refuseAll(group: readonly Waiting[], reason: Refusal): void {
    for (const { facts, answer } of group) {
      this.tally.refuse(reason, facts.length);
      answer({ kind: "refused", reason });
    }
  }

  #failed(error: unknown): Refusal {
    this.tally.commitFailures += 1;
    const fault = storageFault(error);
    this.#parts.eventIds.rolledBack();
    this.#parts.streams.rolledBack();
    this.#alive = null;
    if (fault === "broken") this.#ended = "journal_broken";
    else this.#refusing = fault === "full" ? "disk_full" : "commit_failed";
    this.#parts.onFault(fault, error);
    return this.refusing ?? "commit_failed";
  }

  #reading(): Reading {
    const { clock } = this.#parts;
    return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
  }
}

function idsOf(facts: readonly Fact[]): number {
  return facts.reduce((sum, { id }) => sum + (id === null ? 0 : 1), 0);
}

function isIdentified(fact: Fact): fact is IdentifiedFact {
  return fact.id !== null;
}

function isRefused({ kind }: GroupResult): boolean {
  return kind === "refused";
}
