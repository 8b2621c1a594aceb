/** What a verified state does: it replaces the pins, and says what the collector no longer holds. */

import type { Clock } from "@submeter/shared/time/clock";
import type { Journal } from "../journal/journal.ts";
import type { CollectorKnowledge } from "./collector-knowledge.ts";
import type { Judgement } from "./judge-answer.ts";

export type OfferedAgain = { readonly journal: string; readonly reports: number };

/** The same word of the collector does not make the same reports go out again and again. */
const offerAgainPauseMs = 60 * 60 * 1000;

export class StateRecorder {
  readonly #journal: Journal;
  readonly #knowledge: CollectorKnowledge;
  readonly #clock: Clock;
  readonly #offered = new Map<string, { through: number; atMs: number }>();

  constructor(parts: { journal: Journal; knowledge: CollectorKnowledge; clock: Clock }) {
    this.#journal = parts.journal;
    this.#knowledge = parts.knowledge;
    this.#clock = parts.clock;
  }

  /** Returns the journals of which reports are sent again. A journal missing from the state stands at 0. */
  record({ state, issuedAt }: Extract<Judgement, { kind: "state" }>): OfferedAgain[] {
    const clock = this.#clock;
    const skewMs = clock.nowMs() - issuedAt * 1000;
    const throughs = new Map(state.journals.map(({ journal, through }) => [journal, through]));
    const offers = this.#journal.write(() => {
      this.#knowledge.takeState({ state, issuedAt, receivedAt: clock.now(), skewMs });
      return this.#journal.journals.names().flatMap((journal) => {
        const through = throughs.get(journal) ?? 0;
        return this.#isBehind(journal, through)
          ? [{ journal, through, reports: this.#journal.reports.offerAgain(journal, through) }]
          : [];
      });
    });
    // Only now that it is durable: what failed is offered with the next state.
    const atMs = clock.monotonicMs();
    for (const { journal, through } of offers) this.#offered.set(journal, { through, atMs });
    return offers.filter(({ reports }) => reports > 0);
  }

  /** The collector holds less than it gave receipts for: it was restored from a backup, and gets the bytes again. */
  #isBehind(journal: string, through: number): boolean {
    if (through >= this.#journal.reports.receiptedThrough(journal)) return false;
    const before = this.#offered.get(journal);
    if (before?.through !== through) return true;
    return this.#clock.monotonicMs() - before.atMs >= offerAgainPauseMs;
  }
}
