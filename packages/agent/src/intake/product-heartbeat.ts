/** Counts a quantity a second while the product is up: seconds of an instance, a seat, a GPU that is held. */

import type { Clock } from "@submeter/shared/time/clock";
import { format, fromInteger, multiply } from "@submeter/shared/numbers/decimal";
import {
  type Instant,
  formatInstant,
  hourFloor,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import type { Fact } from "../counting/fact.ts";
import type { GroupCommit } from "../counting/group-commit.ts";
import type { HeartbeatWay } from "../ways.ts";
import { type EventRules, readEvent } from "./read-event.ts";

export type HeartbeatSourceParts = {
  readonly way: HeartbeatWay;
  readonly rules: EventRules;
  readonly clock: Clock;
  readonly submit: GroupCommit["submit"];
  /** Whether the product answers; asked only where the way names a URL. */
  readonly isUp: (url: URL) => Promise<boolean>;
};

/** Up at this instant, by both clocks; null: not known to be up. */
type Up = { readonly at: Instant; readonly monotonicMs: number };

/** A product that was not seen for longer was not seen to be up in between. */
const gapFactor = 3;
const stepSecondsMax = 2;

export class ProductHeartbeat {
  readonly #parts: HeartbeatSourceParts;
  #up: Up | null = null;
  #nextMs = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | null = null;

  constructor(parts: HeartbeatSourceParts) {
    this.#parts = parts;
  }

  /** Null: never seen, or not at the last look. */
  get upAt(): Instant | null {
    return this.#up?.at ?? null;
  }

  poll(): void {
    const { clock, way } = this.#parts;
    if (this.#underWay !== null || clock.monotonicMs() < this.#nextMs) return;
    this.#nextMs = clock.monotonicMs() + way.everySeconds * 1000;
    this.#underWay = this.#look().finally(() => {
      this.#underWay = null;
    });
  }

  /** The seconds since the last look, at the end. */
  async settled(): Promise<void> {
    await this.#underWay;
    if (this.#up !== null) await this.#look();
  }

  async #look(): Promise<void> {
    const { way, isUp, clock, submit } = this.#parts;
    if (way.url !== null && !(await isUp(way.url))) {
      this.#up = null;
      return;
    }
    const now = { at: clock.now(), monotonicMs: clock.monotonicMs() };
    const before = this.#up;
    const facts = before === null ? [] : this.#facts(before, now);
    const result = await submit(facts, way.source === null ? [] : [way.source]);
    // What could not be counted is counted with the next look: nothing else remembers these seconds.
    if (before === null || result.kind === "committed") this.#up = now;
  }

  #facts(before: Up, now: Up): Fact[] {
    const { way } = this.#parts;
    const passedSeconds = (now.monotonicMs - before.monotonicMs) / 1000;
    if (passedSeconds > gapFactor * way.everySeconds) return [];
    const isStep = Math.abs(now.at - before.at - passedSeconds) > stepSecondsMax;
    // Somebody set the clock: the time that passed is known, and where it lies only by the new one.
    const from = isStep ? now.at - Math.floor(passedSeconds) : before.at;
    return hoursOf(from, now.at).flatMap(({ at, seconds }) => this.#fact(at, seconds));
  }

  #fact(at: Instant, seconds: number): Fact[] {
    const { way, rules, clock } = this.#parts;
    const item = {
      meter: way.meter,
      quantity: format(multiply(way.quantity, fromInteger(BigInt(seconds)))),
      dimensions: way.dimensions,
      source: way.source,
      time: formatInstant(at),
    };
    const fact = readEvent(item, rules, clock.now());
    return "code" in fact ? [] : [fact];
  }
}

/** `[from, to)`, cut at whole hours. */
function hoursOf(from: Instant, to: Instant): { at: Instant; seconds: number }[] {
  const parts: { at: Instant; seconds: number }[] = [];
  for (let at = from; at < to;) {
    const end = Math.min(to, hourFloor(at) + secondsPerHour);
    parts.push({ at, seconds: end - at });
    at = end;
  }
  return parts;
}

/** Any answer below 500 within the time is one of a product that is up. */
export async function answers(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(3000) });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false;
  }
}
