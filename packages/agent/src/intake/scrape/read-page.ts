/** From a page of metrics to readings: the counters and gauges that declared meters stand for. */

import { createHash } from "node:crypto";
import type { Meter } from "@submeter/shared/metering/meter-file";
import { format, isNegative } from "@submeter/shared/numbers/decimal";
import type { Fact } from "../../counting/fact.ts";
import type { Sight } from "../../counting/sight.ts";
import type { ScrapeTarget } from "../../ways.ts";
import { type ForeignNames, declaredLabels, meterNamed } from "../foreign-names.ts";
import { floorToScale, readPrintedDouble } from "../printed-number.ts";
import { type EventRules, readEvent } from "../read-event.ts";
import type { Family } from "./exposition.ts";
import { PageStarts, sorted } from "./page-starts.ts";
import type { Sample } from "./sample-line.ts";

export type PageRules = EventRules & ForeignNames & { readonly sight: Sight };

export type ReadPage = {
  readonly facts: readonly Fact[];
  /** Names of what was read as a whole with them: the page, once for each process on it. */
  readonly pages: readonly string[];
  /** Samples of declared meters that could not be read. */
  readonly refused: number;
};

type Page = {
  readonly target: ScrapeTarget;
  readonly nowMs: number;
  readonly starts: PageStarts;
};

type Kind = "counter" | "gauge";

export function readPage(
  families: readonly Family[],
  { target, nowMs }: Pick<Page, "target" | "nowMs">,
  rules: PageRules,
): ReadPage {
  const starts = new PageStarts(families);
  const page = { target, nowMs, starts };
  const pages = new Set<string>(
    starts.isSilent
      ? [pageOf(target, null)]
      : starts.processes().map((start) => pageOf(target, start)),
  );
  const read: ReadSample[] = [];
  let refused = 0;
  for (const family of families) {
    for (const sample of family.samples) {
      const meter = meterOf(family, sample, rules);
      const kind = meter === undefined ? null : kindOf(family, sample, meter.meter);
      if (meter === undefined || kind === null) continue;
      const one = readSample({ family, sample, ...meter, kind }, page, rules);
      if (one === null) refused += 1;
      else read.push(one);
      if (one?.page !== undefined) pages.add(one.page);
    }
  }
  const facts = withoutRepeats(read);
  return { facts, pages: [...pages], refused: refused + read.length - facts.length };
}

type ReadSample = {
  readonly fact: Fact;
  readonly timestamp: string | null;
  /** Of a counter. */
  readonly page?: string;
};

/** A series stands on a page once. Where it does not, its last reading counts by its times, else the first: never both. */
function withoutRepeats(read: readonly ReadSample[]): Fact[] {
  const facts: Fact[] = [];
  const byStream = new Map<string, { at: number; time: number }>();
  for (const { fact, timestamp } of read) {
    const stream = fact.reading?.stream;
    const known = stream === undefined ? undefined : byStream.get(stream);
    const time = Number(timestamp);
    if (known === undefined) {
      if (stream !== undefined) byStream.set(stream, { at: facts.length, time });
      facts.push(fact);
    } else if (time > known.time) {
      facts[known.at] = fact;
      known.time = time;
    }
  }
  return facts;
}

/** In OpenMetrics a counter `a` has samples `a_total`; both may be its name. */
function meterOf(
  family: Family,
  sample: Sample,
  rules: PageRules,
): { meter: Meter; name: string } | undefined {
  if (sample.name.endsWith("_created") && family.type !== "unknown") return undefined;
  const names = [sample.name, ...(sample.name === `${family.name}_total` ? [family.name] : [])];
  for (const name of names) {
    const meter = meterNamed(name, rules.meters, rules);
    if (meter !== undefined) return { meter, name };
  }
  return undefined;
}

/** What a sample says of a meter; null when it cannot be counted. */
function kindOf({ type }: Family, { name }: Sample, { aggregation }: Meter): Kind | null {
  const isCount = /_(?:total|count|sum|bucket)$/.test(name) && type !== "gauge";
  const isCounter = type === "counter" || isCount || (type === "unknown" && aggregation === "sum");
  if (isCounter) return aggregation === "max" ? null : "counter";
  return aggregation === "sum" ? null : "gauge";
}

/** `name`: the one by which it leads to the meter. */
type Place = { family: Family; sample: Sample; meter: Meter; name: string; kind: Kind };

function readSample(place: Place, page: Page, rules: PageRules): ReadSample | null {
  const { sample, meter, kind } = place;
  const value = readPrintedDouble(sample.value);
  if (value === null || isNegative(value)) return null;
  const now = Math.floor(page.nowMs / 1000);
  const fact = readEvent(
    {
      meter: meter.name,
      quantity: format(floorToScale(value, meter.scale)),
      dimensions: declaredLabels(sample.labels, meter, rules),
      source: page.target.source,
    },
    rules,
    now,
  );
  if ("code" in fact) return null;
  const { timestamp } = sample;
  // We ask ourselves, one page after the other: nothing comes twice.
  const base = { at: BigInt(page.nowMs) * 1_000_000n, mayRepeat: false };
  const stream = streamOf(page.target, sample);
  if (kind === "counter") {
    const { page: name, ...counter } = counterOf(place, page, rules.sight);
    const reading = { ...base, ...counter };
    return { fact: { ...fact, reading }, timestamp, page: name };
  }
  // Of a meter of peaks what there is counts as it stands.
  if (meter.aggregation === "max") return { fact, timestamp };
  const staleAfterSeconds = 3 * page.target.everySeconds;
  return { fact: { ...fact, reading: { ...base, kind, stream, staleAfterSeconds } }, timestamp };
}

/** A counter of another process is another counter. */
function counterOf({ family, sample, name }: Place, { target, starts }: Page, sight: Sight) {
  const created = starts.created(family.name, sample.labels);
  const process = starts.process(sample.labels);
  const start = created ?? process;
  const page = pageOf(target, process);
  const stream = streamOf(target, sample);
  return {
    kind: "counter" as const,
    stream: start === null ? stream : `${stream} ${start}`,
    // What says itself when it began needs nobody else's word.
    beganInSight:
      (start !== null && Number(start) >= sight.since(name)) ||
      (created === null && sight.hasRead(page, name)),
    // What says itself when it began says it once and for all; a process may reckon it anew from its machine's clock.
    ...(created === null && process !== null
      ? { process: { series: stream, start: process } }
      : {}),
    page,
  };
}

function streamOf({ source, url }: ScrapeTarget, { name, labels }: Sample): string {
  return `scrape ${hashed([source, url.href, name, sorted(labels)])}`;
}

/** As far as one process is read on it. */
function pageOf({ source, url }: ScrapeTarget, process: string | null): string {
  const page = hashed([source, url.href]);
  return process === null ? page : `${page} ${process}`;
}

function hashed(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 22);
}
