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
    return this.#journal.write(() => {
      this.#knowledge.takeState({ state, issuedAt, receivedAt: clock.now(), skewMs });
      return this.#journal.journals
        .names()
        .map((journal) => ({ journal, reports: this.#offer(journal, throughs.get(journal) ?? 0) }))
        .filter(({ reports }) => reports > 0);
    });
  }

  /** The collector holds less than it gave receipts for: it was restored from a backup, and gets the bytes again. */
  #offer(journal: string, through: number): number {
    const { reports } = this.#journal;
    if (through >= reports.receiptedThrough(journal)) return 0;
    const nowMs = this.#clock.monotonicMs();
    const before = this.#offered.get(journal);
    if (before?.through === through && nowMs - before.atMs < offerAgainPauseMs) return 0;
    this.#offered.set(journal, { through, atMs: nowMs });
    return reports.offerAgain(journal, through);
  }
}
