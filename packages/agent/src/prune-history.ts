/** Keeps 13 months of history: a few reports a second until nothing is too old, so that intake never waits for it. */

import type { Clock } from "@submeter/shared/time/clock";
import { secondsPerDay } from "@submeter/shared/time/instant";
import type { CollectorKnowledge } from "./delivery/collector-knowledge.ts";
import type { Journal } from "./journal/journal.ts";

/** No 13 months are longer. */
export const historySeconds = 397 * secondsPerDay;
/** At one go: with the greatest reports some megabytes, which SQLite frees within milliseconds. */
export const prunedAtOnceMax = 16;
const lookAgainMs = 60 * 60 * 1000;

export class HistoryPruning {
  readonly #journal: Journal;
  readonly #knowledge: CollectorKnowledge;
  readonly #clock: Clock;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(parts: { journal: Journal; knowledge: CollectorKnowledge; clock: Clock }) {
    this.#journal = parts.journal;
    this.#knowledge = parts.knowledge;
    this.#clock = parts.clock;
  }

  /**
   * One slice, when it is time. By the smaller of our clock and what the collector last signed: a clock in 2099 must not
   * take the history with it.
   */
  poll(): void {
    const { signedAt } = this.#knowledge;
    const nowMs = this.#clock.monotonicMs();
    if (signedAt === null || nowMs < this.#notBeforeMs) return;
    const before = Math.min(this.#clock.now(), signedAt) - historySeconds;
    if (!this.#journal.pruning.isDue(before)) {
      this.#notBeforeMs = nowMs + lookAgainMs;
      return;
    }
    this.#journal.write(() => {
      this.#journal.pruning.prune(before, prunedAtOnceMax);
      this.#journal.shutdowns.dropBefore(before);
    });
  }
}
