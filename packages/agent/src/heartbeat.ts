/** Once a second: seal when it is time, make the coverage durable, drop what is remembered for too long, let delivery go on. */

import type { Clock } from "@submeter/shared/time/clock";
import { type Instant, secondsPerDay } from "@submeter/shared/time/instant";
import type { EventIds } from "./counting/event-ids.ts";
import type { GroupCommit } from "./counting/group-commit.ts";
import type { OpenWindows } from "./counting/open-windows.ts";
import type { Streams } from "./counting/streams.ts";
import type { CollectorKnowledge } from "./delivery/collector-knowledge.ts";
import type { Delivery } from "./delivery/deliver.ts";
import type { Headroom } from "./journal/headroom.ts";
import type { Journal } from "./journal/journal.ts";
import type { SealedReport } from "./journal/reports-table.ts";
import { HistoryPruning } from "./prune-history.ts";
import { nextSealAfter, sealOffsetSeconds } from "./sealing/schedule.ts";
import type { Sealer } from "./sealing/seal.ts";

/** Wire: after SIGKILL coverage ends at the last durable tick, at most 30 s ago. */
const tickMs = 29_000;
const failedPauseMs = 30_000;
/**
 * So many lines are sealed before their time: a dimension is bounded in each hour, and what several make together, or late events
 * of many hours, would lie in memory otherwise.
 */
export const openLinesMax = 100_000;

export type HeartbeatParts = {
  readonly installation: string;
  readonly intervalSeconds: number;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly windows: Pick<OpenWindows, "size">;
  readonly groupCommit: GroupCommit;
  readonly eventIds: EventIds;
  readonly streams: Streams;
  readonly knowledge: CollectorKnowledge;
  readonly sealer: Sealer;
  readonly delivery: Delivery;
  readonly headroom: Headroom;
  readonly onError: (error: unknown) => void;
};

export class Heartbeat {
  readonly #parts: HeartbeatParts;
  readonly #offsetSeconds: number;
  readonly #pruning: HistoryPruning;
  #lastSealAt: Instant;
  readonly #pausedUntilMs = new Map<string, number>();
  #noDropBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#pruning = new HistoryPruning(parts);
    this.#offsetSeconds = sealOffsetSeconds(parts.installation, parts.intervalSeconds);
    const now = parts.clock.now();
    const last = parts.journal.reports.lastSealedAt() ?? now;
    // Sealed by a clock that was ahead: it says nothing of when the next is due, so it is due now.
    this.#lastSealAt = last > now ? now - parts.intervalSeconds : last;
  }

  get nextSealAt(): Instant {
    const last = Math.min(this.#lastSealAt, this.#parts.clock.now());
    return nextSealAfter(last, this.#parts.intervalSeconds, this.#offsetSeconds);
  }

  beat(): void {
    const { delivery, headroom } = this.#parts;
    // Each on its own: what a full disk does to one of them must not keep what is sealed from leaving.
    this.#attempt("headroom", () => {
      headroom.keep();
    });
    this.#attempt("seal", () => {
      if (this.#isSealDue()) this.seal();
    });
    this.#attempt("tick", () => {
      this.#tick();
    });
    this.#attempt("tidy", () => {
      this.#dropOldIds();
      this.#dropOldStreams();
      this.#pruning.poll();
    });
    this.#attempt("deliver", () => {
      delivery.poll();
    });
  }

  #attempt(name: string, step: () => void): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs < (this.#pausedUntilMs.get(name) ?? nowMs)) return;
    try {
      step();
    } catch (error) {
      // The same fault every second helps nobody.
      this.#pausedUntilMs.set(name, nowMs + failedPauseMs);
      this.#parts.onError(error);
    }
  }

  seal(): SealedReport[] {
    const { sealer, clock } = this.#parts;
    const sealed = sealer.seal({ final: false });
    this.#lastSealAt = clock.now();
    return sealed;
  }

  #isSealDue(): boolean {
    const { clock, sealer, windows } = this.#parts;
    // A clock that was set back must not put off the next seal until it has caught up.
    this.#lastSealAt = Math.min(this.#lastSealAt, clock.now());
    const isDue = clock.now() >= this.nextSealAt || windows.size >= openLinesMax;
    return isDue && !sealer.identity.final;
  }

  #tick(): void {
    const { groupCommit, clock, headroom } = this.#parts;
    if (groupCommit.refusing === "stopping") return;
    const last = groupCommit.durableMs;
    // With room again, counting goes on at once.
    const isBack = groupCommit.refusing === "disk_full" && headroom.state !== "missing";
    if (isBack || last === null || clock.monotonicMs() - last >= tickMs) groupCommit.commitNow();
  }

  /** Once a day, by the smaller of our clock and what the collector last signed. */
  #dropOldStreams(): void {
    const { streams, knowledge, clock, journal } = this.#parts;
    const signed = knowledge.signedAt;
    if (signed === null || clock.monotonicMs() < this.#noDropBeforeMs) return;
    this.#noDropBeforeMs = clock.monotonicMs() + secondsPerDay * 1000;
    const dropped = journal.write(() => streams.drop(Math.min(clock.now(), signed)));
    streams.dropped(dropped);
  }

  #dropOldIds(): void {
    const { eventIds, knowledge, clock, journal } = this.#parts;
    const hours = eventIds.droppable(clock.now(), knowledge.signedAt, clock.monotonicMs());
    if (hours.length === 0) return;
    journal.write(() => {
      eventIds.drop(hours);
    });
    eventIds.dropped(hours);
  }
}
