/**
 * Turns readings of what others count into what there is to count: of a counter the difference since its last reading, of a
 * gauge what it held times how long. The last reading lies in the journal and changes with the totals, in one transaction.
 */

import {
  type Decimal,
  compare,
  decimal,
  format,
  fromInteger,
  isZero,
  multiply,
  subtract,
} from "@submeter/shared/numbers/decimal";
import {
  type Instant,
  hourFloor,
  secondsPerDay,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import type { Journal } from "../journal/journal.ts";
import { type StreamRow, pageStream } from "../journal/streams-table.ts";
import type { Fact, Reading } from "./fact.ts";

export const streamsMax = 100_000;
/** As long as history. Who comes back after that may not be known any more, and is taken up where he stands. */
const rememberedSecondsMost = 397 * secondsPerDay;
/** So long at least, where half of the room is taken. */
const rememberedSecondsLeast = 45 * secondsPerDay;
const nanosPerSecond = 1_000_000_000n;
/** A clock that is set by more is as likely another process behind the same address: it is taken up where it stands. */
const stepSecondsMost = 60;
/** Seconds; a start is told to a hundredth. */
const startPrecision = 0.005;

export type Amount = { readonly window: Instant; readonly quantity: Decimal };

/** `taken_up`: what it holds may have been counted before; `full`: another stream would be one too many to remember. */
export type StreamVerdict =
  | { readonly kind: "amounts"; readonly amounts: readonly Amount[] }
  | { readonly kind: "taken_up" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "full" };

type Before = { readonly at: bigint; readonly value: Decimal };

export class Streams {
  readonly #table: Journal["streams"];
  readonly #streamsMax: number;
  #durable: number;
  #added = 0;
  #takenUp = 0;

  constructor(table: Journal["streams"], most = streamsMax) {
    this.#table = table;
    this.#streamsMax = most;
    this.#durable = table.count();
  }

  get remembered(): number {
    return this.#durable;
  }

  /** Inside the group's transaction. */
  judge(fact: Fact, reading: Reading): StreamVerdict {
    const row = this.#table.find(reading.stream);
    if (row === undefined) {
      const same = movedFrom(fact, reading, this.#table);
      if (same !== null && same.bySeconds <= stepSecondsMost) {
        this.#table.becomes(same.row.stream, reading.stream);
        return {
          kind: "amounts",
          amounts: grown(fact, { at: BigInt(same.row.at), value: decimal(same.row.value) }),
        };
      }
      if (!this.#hasRoom()) return { kind: "full" };
      return same === null ? first(fact, reading) : { kind: "taken_up" };
    }
    const before = { at: BigInt(row.at), value: decimal(row.value) };
    if (reading.mayRepeat && reading.at <= before.at) return { kind: "duplicate" };
    return {
      kind: "amounts",
      amounts: reading.kind === "counter" ? grown(fact, before) : held(before, reading),
    };
  }

  /** Inside the group's transaction, once what it judged is counted. */
  remember(fact: Fact, reading: Reading, now: Instant): void {
    const { stream, at } = reading;
    this.#put({ stream, at: at.toString(), value: format(fact.quantity) }, now);
  }

  /** Inside the group's transaction, as {@link remember}: counting begins where it stands. */
  takeUp(fact: Fact, reading: Reading, now: Instant): void {
    this.remember(fact, reading, now);
    this.#takenUp += 1;
  }

  /** Inside the group's transaction: all that stood on the page was read. */
  see(page: string, now: Instant): void {
    const stream = pageStream(page);
    const isKnown = this.#table.seenAt(stream) !== undefined;
    if (isKnown || this.#hasRoom()) this.#put({ stream, at: "0", value: "0" }, now);
  }

  /** Returns how many counters were taken up since the last time. */
  committed(): number {
    const takenUp = this.#takenUp;
    this.#durable += this.#added;
    this.rolledBack();
    return takenUp;
  }

  rolledBack(): void {
    this.#added = 0;
    this.#takenUp = 0;
  }

  /** Inside a transaction of its own; `now` is the smaller of this machine's clock and the collector's last word. */
  drop(now: Instant): number {
    const isCrowded = this.#durable > this.#streamsMax / 2;
    return this.#table.dropBefore(
      now - (isCrowded ? rememberedSecondsLeast : rememberedSecondsMost),
    );
  }

  #hasRoom(): boolean {
    return this.#durable + this.#added < this.#streamsMax;
  }

  #put(row: StreamRow, now: Instant): void {
    if (this.#table.seenAt(row.stream) === undefined) this.#added += 1;
    this.#table.put(row, now);
  }

  dropped(count: number): void {
    this.#durable -= count;
  }
}

/**
 * Some processes reckon when they began from the clock of their machine, anew for each page: where that clock is set, the
 * start moves by whole seconds, and would make another process of the same one. Null for one that is another: it began
 * after the last reading, or says less, or began at another part of a second.
 */
function movedFrom(
  { quantity }: Fact,
  reading: Reading,
  table: Journal["streams"],
): { readonly row: StreamRow; readonly bySeconds: number } | null {
  if (reading.kind !== "counter" || reading.process === undefined) return null;
  const { series, start } = reading.process;
  for (const row of table.ofSeries(series)) {
    const bySeconds = Math.abs(Number(start) - Number(row.stream.slice(series.length + 1)));
    const isWhole = Math.abs(bySeconds - Math.round(bySeconds)) < startPrecision;
    const isEarlier = Number(start) <= Number(BigInt(row.at) / nanosPerSecond);
    if (isWhole && isEarlier && compare(quantity, decimal(row.value)) >= 0) {
      return { row, bySeconds };
    }
  }
  return null;
}

/** A counter that began before we listened may have been counted then: its first value is where counting begins. */
function first(fact: Fact, reading: Reading): StreamVerdict {
  if (reading.kind === "gauge" || isZero(fact.quantity)) return { kind: "amounts", amounts: [] };
  if (!reading.beganInSight) return { kind: "taken_up" };
  return { kind: "amounts", amounts: [{ window: fact.window, quantity: fact.quantity }] };
}

/** A counter that has less than before began again at zero. */
function grown(fact: Fact, before: Before): Amount[] {
  const { quantity, window } = fact;
  const isReset = compare(quantity, before.value) < 0;
  const difference = isReset ? quantity : subtract(quantity, before.value);
  return isZero(difference) ? [] : [{ window, quantity: difference }];
}

/** Unit-seconds by hour, of what the gauge held since its last reading; none when that is too long ago to be known. */
function held(before: Before, reading: Extract<Reading, { kind: "gauge" }>): Amount[] {
  const from = Number(before.at / nanosPerSecond);
  const to = Number(reading.at / nanosPerSecond);
  if (to - from > reading.staleAfterSeconds || isZero(before.value)) return [];
  const amounts: Amount[] = [];
  for (let at = from; at < to;) {
    const window = hourFloor(at);
    const end = Math.min(to, window + secondsPerHour);
    amounts.push({ window, quantity: multiply(before.value, fromInteger(BigInt(end - at))) });
    at = end;
  }
  return amounts;
}
