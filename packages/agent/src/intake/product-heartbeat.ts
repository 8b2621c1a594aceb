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
  /** What should not happen, and must not end the agent. */
  readonly onFault: (error: unknown) => void;
};

/** Up at this instant, by both clocks; null: not known to be up. */
type Up = { readonly at: Instant; readonly monotonicMs: number };

/** A product that was not seen for longer was not seen to be up in between. */
const gapFactor = 3;
const stepSecondsMax = 2;

export class ProductHeartbeat {
  readonly #parts: HeartbeatSourceParts;
  #up: Up | null = null;
  /** Seconds that the product was seen to be up, by hour, which no commit has taken yet: nothing else remembers them. */
  readonly #owed = new Map<Instant, number>();
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
    this.#underWay = this.#look()
      .catch(this.#parts.onFault)
      .finally(() => {
        this.#underWay = null;
      });
  }

  /** The seconds since the last look, at the end. */
  /** The seconds since the last look, at the end. */
  async settled(): Promise<void> {
    await this.#underWay;
    if (this.#up !== null || this.#owed.size > 0) {
      await this.#look().catch(this.#parts.onFault);
    }
  }

  async #look(): Promise<void> {
    const { way, isUp, clock, submit } = this.#parts;
    const isSeen = way.url === null || (await isUp(way.url));
    const now = { at: clock.now(), monotonicMs: clock.monotonicMs() };
    if (isSeen && this.#up !== null) this.#owe(this.#up, now);
    this.#up = isSeen ? now : null;
    if (!isSeen && this.#owed.size === 0) return;
    // What is owed is counted also while the product is down, when its source is not heard.
    const source = isSeen ? way.source : null;
    const facts = [...this.#owed].flatMap(([hour, seconds]) => this.#fact(hour, seconds, source));
    const result = await submit(facts, source === null ? [] : [source]);
    if (result.kind === "committed") this.#owed.clear();
  }

  #owe(before: Up, now: Up): void {
    const passedSeconds = (now.monotonicMs - before.monotonicMs) / 1000;
    if (passedSeconds > gapFactor * this.#parts.way.everySeconds) return;
    const isStep = Math.abs(now.at - before.at - passedSeconds) > stepSecondsMax;
    // Somebody set the clock: the time that passed is known, and where it lies only by the new one.
    const from = isStep ? now.at - Math.floor(passedSeconds) : before.at;
    for (const { at, seconds } of hoursOf(from, now.at)) {
      this.#owed.set(at, (this.#owed.get(at) ?? 0) + seconds);
    }
  }

  #fact(hour: Instant, seconds: number, source: string | null): Fact[] {
    const { way, rules, clock } = this.#parts;
    const item = {
      meter: way.meter,
      quantity: format(multiply(way.quantity, fromInteger(BigInt(seconds)))),
      dimensions: way.dimensions,
      source,
      time: formatInstant(Math.min(hour, clock.now())),
    };
    const fact = readEvent(item, rules, clock.now());
    return "code" in fact ? [] : [fact];
  }
}

/** `[from, to)` by hours; `at` is where the hour begins. */
function hoursOf(from: Instant, to: Instant): { at: Instant; seconds: number }[] {
  const parts: { at: Instant; seconds: number }[] = [];
  for (let at = from; at < to;) {
    const end = Math.min(to, hourFloor(at) + secondsPerHour);
    parts.push({ at: hourFloor(at), seconds: end - at });
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
