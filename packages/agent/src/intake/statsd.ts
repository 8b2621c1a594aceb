/** From StatsD's packets to facts: several lines a packet, each by itself; what cannot be counted is counted as such. */

import type { Clock } from "@submeter/shared/time/clock";
import { decimal, format } from "@submeter/shared/numbers/decimal";
import { formatInstant, hourFloor } from "@submeter/shared/time/instant";
import type { Fact } from "../counting/fact.ts";
import type { FactOutcome, GroupResult, Refusal } from "../counting/group-commit.ts";
import type { StatsdWay } from "../ways.ts";
import { type ForeignNames, declaredLabels, meterNamed } from "./foreign-names.ts";
import { type EventRules, readEvent } from "./read-event.ts";
import { type StatsdLine, readStatsdLine } from "./statsd-line.ts";

export type StatsdParts = {
  readonly way: Pick<StatsdWay, "sampling" | "source">;
  readonly rules: EventRules & ForeignNames;
  readonly clock: Clock;
  readonly submit: (facts: readonly Fact[]) => Promise<GroupResult>;
  /** Why lines were not counted, by the first of each kind since the last time that it was told. */
  readonly onBad: (why: string, lines: number) => void;
};

export type StatsdCounts = {
  packets: number;
  counted: number;
  /** By reason: a word of StatsD's own, or the code that the event would be refused by over HTTP. */
  bad: Record<string, number>;
  /** Lines that the journal would not take, and that nobody will send again. */
  notDurable: number;
};

/** So many lines share a commit at most; what comes meanwhile waits for the next. */
const linesMax = 10_000;
const gatherMs = 5;
/** What the journal does not take at present is held in memory up to here, about 30 MB. */
const keptMax = 100_000;
const againMs = 1000;
/** Of at most 15 digits; no rate, no time. */
const plainLine = /^([^:|@#\s]{1,256}):([1-9]\d{0,14})\|(c(?:\|#[^|]*)?)$/;
const plainMax = 8192;
/** Tags that the meter does not declare may have any length; what is longer is read each time. */
const plainLengthMax = 512;

export class StatsdIntake {
  readonly #parts: StatsdParts;
  readonly counts: StatsdCounts = { packets: 0, counted: 0, bad: {}, notDurable: 0 };
  #facts: Fact[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** A client sends the same few again and again, with another number. */
  readonly #plain = new Map<string, Fact>();

  constructor(parts: StatsdParts) {
    this.#parts = parts;
  }

  packet(text: string): void {
    this.packets(text, 1);
  }

  /** So many packets' lines. */
  packets(text: string, packets: number): void {
    this.counts.packets += packets;
    for (const line of text.split("\n")) if (line.trim() !== "") this.line(line.trim());
  }

  line(text: string): void {
    const facts = this.#plainFact(text) ?? this.#factsOf(readStatsdLine(text));
    if (typeof facts === "string") {
      this.#bad(facts);
      return;
    }
    this.#facts.push(...facts);
    if (this.#facts.length >= linesMax) this.#submit();
    // Senders wait for no answer: so many more can share a commit.
    else this.#timer ??= setTimeout(() => this.#submit(), gatherMs);
  }

  /** Hands over what came, without waiting for more. */
  hand(): void {
    this.#submit();
  }

  /** One whole number of a counter that was read before under this name and these tags, now. */
  #plainFact(text: string): Fact[] | null {
    const plain = text.length > plainLengthMax ? null : plainLine.exec(text);
    if (plain === null) return null;
    const [, name = "", value = "", rest = ""] = plain;
    const key = `${name}|${rest}`;
    const known = this.#plain.get(key);
    if (known !== undefined) {
      const window = hourFloor(this.#parts.clock.now());
      return [{ ...known, window, quantity: decimal(value) }];
    }
    const facts = this.#factsOf(readStatsdLine(text));
    if (typeof facts === "string" || facts[0] === undefined) return null;
    if (this.#plain.size >= plainMax) this.#plain.clear();
    this.#plain.set(key, facts[0]);
    return facts;
  }

  #factsOf(line: StatsdLine): Fact[] | string {
    const { way, rules, clock } = this.#parts;
    if (line.kind === "bad") return line.why;
    if (line.isSampled && way.sampling === "refuse") return "sampled";
    const meter = meterNamed(line.name, rules.meters, rules);
    if (meter === undefined) return "meter_unknown";
    // A gauge says how much there is: the hour's greatest of it is a count, its sum is none.
    if (line.kind === "gauge" && meter.aggregation !== "max") return "type_not_counted";
    const facts: Fact[] = [];
    for (const value of line.values) {
      const item = {
        meter: meter.name,
        quantity: format(value),
        dimensions: declaredLabels(line.tags, meter, rules),
        source: way.source,
        ...(line.time === null ? {} : { time: formatInstant(line.time) }),
      };
      const fact = readEvent(item, rules, clock.now());
      if ("code" in fact) return fact.code;
      facts.push(fact);
    }
    return facts;
  }

  /** What ended a connection. */
  refuse(why: "line_too_long" | "http_request"): void {
    this.#bad(why);
  }

  #bad(why: string): void {
    const lines = (this.counts.bad[why] ?? 0) + 1;
    this.counts.bad[why] = lines;
    this.#parts.onBad(why, lines);
  }

  #submit(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const facts = this.#facts;
    if (facts.length === 0) return;
    this.#facts = [];
    void this.#parts.submit(facts).then((result) => {
      if (result.kind === "refused") this.#again(facts, result.reason);
      else this.#counted(result.outcomes);
    });
  }

  #counted(outcomes: readonly FactOutcome[]): void {
    for (const outcome of outcomes) {
      if (outcome === "counted") this.counts.counted += 1;
      else this.#bad(outcome);
    }
  }

  /** Nobody sends it again, so it is kept as long as there is room. */
  #again(facts: readonly Fact[], reason: Refusal): void {
    const isOver = reason === "stopping" || reason === "journal_broken";
    if (isOver || this.#facts.length + facts.length > keptMax) {
      this.counts.notDurable += facts.length;
      this.#parts.onBad("not_durable", this.counts.notDurable);
      return;
    }
    this.#facts = [...facts, ...this.#facts];
    this.#timer ??= setTimeout(() => this.#submit(), againMs);
  }
}
