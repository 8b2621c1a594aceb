/** From a page of metrics to readings: the counters and gauges that declared meters stand for. */

import { createHash } from "node:crypto";
import type { Meter } from "@submeter/shared/metering/meter-file";
import { format, isNegative } from "@submeter/shared/numbers/decimal";
import type { Instant } from "@submeter/shared/time/instant";
import type { Fact, Reading } from "../../counting/fact.ts";
import type { ScrapeTarget } from "../../ways.ts";
import { type ForeignNames, declaredLabels, meterNamed } from "../foreign-names.ts";
import { floorToScale, readPrintedDouble } from "../printed-number.ts";
import { type EventRules, readEvent } from "../read-event.ts";
import type { Family } from "./exposition.ts";
import type { Labels, Sample } from "./sample-line.ts";

export type PageRules = EventRules & ForeignNames & { readonly began: Instant };

export type ReadPage = {
  readonly facts: readonly Fact[];
  /** Samples of declared meters that could not be read. */
  readonly refused: number;
};

type Page = {
  readonly target: ScrapeTarget;
  readonly nowMs: number;
  /** It was read before by this journal: a counter that is new on it began in between, at zero. */
  readonly isKnown: boolean;
  /** When the process began, as text: a counter of another process is another counter. */
  readonly processStart: string | null;
  readonly created: ReadonlyMap<string, string>;
};

type Kind = "counter" | "gauge";

export function readPage(
  families: readonly Family[],
  { target, nowMs, isKnown }: Pick<Page, "target" | "nowMs" | "isKnown">,
  rules: PageRules,
): ReadPage {
  const page = {
    target,
    nowMs,
    isKnown,
    processStart: processStartOf(families),
    created: createdOf(families),
  };
  const facts: Fact[] = [];
  let refused = 0;
  for (const family of families) {
    for (const sample of family.samples) {
      const meter = meterOf(family, sample, rules);
      const kind = meter === undefined ? null : kindOf(family, sample, meter);
      if (meter === undefined || kind === null) continue;
      const fact = readSample({ family, sample, meter, kind }, page, rules);
      if (fact === null) refused += 1;
      else facts.push(fact);
    }
  }
  return { facts, refused };
}

/** In OpenMetrics a counter `a` has samples `a_total`; both may be its name. */
function meterOf(family: Family, sample: Sample, rules: PageRules): Meter | undefined {
  if (sample.name.endsWith("_created") && family.type !== "unknown") return undefined;
  return (
    meterNamed(sample.name, rules.meters, rules) ??
    (sample.name === `${family.name}_total`
      ? meterNamed(family.name, rules.meters, rules)
      : undefined)
  );
}

/** What a sample says of a meter; null when it cannot be counted. */
function kindOf({ type }: Family, { name }: Sample, { aggregation }: Meter): Kind | null {
  const isCount = /_(?:total|count|sum|bucket)$/.test(name) && type !== "gauge";
  const isCounter = type === "counter" || isCount || (type === "unknown" && aggregation === "sum");
  if (isCounter) return aggregation === "max" ? null : "counter";
  return aggregation === "sum" ? null : "gauge";
}

type Place = { family: Family; sample: Sample; meter: Meter; kind: Kind };

function readSample(
  { family, sample, meter, kind }: Place,
  page: Page,
  rules: PageRules,
): Fact | null {
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
  // Of a meter of peaks what there is counts as it stands.
  if (kind === "gauge" && meter.aggregation === "max") return fact;
  return { ...fact, reading: readingOf({ family, sample, kind }, page, rules.began) };
}

function readingOf(
  { family, sample, kind }: Pick<Place, "family" | "sample" | "kind">,
  page: Page,
  began: Instant,
): Reading {
  const { target, nowMs, isKnown, processStart, created } = page;
  const stream = streamOf(target, sample);
  // We ask ourselves, one page after the other: nothing comes twice.
  const base = { at: BigInt(nowMs) * 1_000_000n, mayRepeat: false };
  if (kind === "gauge") {
    return { ...base, kind, stream, staleAfterSeconds: 3 * target.everySeconds };
  }
  const start = created.get(seriesKey(family.name, sample.labels)) ?? processStart;
  return {
    ...base,
    kind,
    stream: start === null ? stream : `${stream} ${start}`,
    beganInSight: isKnown || (start !== null && Number(start) >= began),
  };
}

function streamOf({ source, url }: ScrapeTarget, { name, labels }: Sample): string {
  const text = JSON.stringify([source, url.href, name, sorted(labels)]);
  return `scrape ${createHash("sha256").update(text).digest("base64url").slice(0, 22)}`;
}

function processStartOf(families: readonly Family[]): string | null {
  const family = families.find(({ name }) => name === "process_start_time_seconds");
  return family?.samples[0]?.value ?? null;
}

/** When each series began, where the page says so. */
function createdOf(families: readonly Family[]): Map<string, string> {
  return new Map(
    families.flatMap(({ name, type, samples }) =>
      type === "unknown" || type === "gauge"
        ? []
        : samples
            .filter((sample) => sample.name === `${name}_created`)
            .map(({ labels, value }) => [seriesKey(name, labels), value] as const),
    ),
  );
}

function seriesKey(family: string, labels: Labels): string {
  return `${family} ${JSON.stringify(sorted(labels.filter(([name]) => name !== "le")))}`;
}

function sorted(labels: Labels): Labels {
  return labels.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
