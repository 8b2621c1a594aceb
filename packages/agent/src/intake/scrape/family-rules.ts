/** What OpenMetrics 1.0 demands of the samples of one family, beyond the grammar of a line. */

import type { Family } from "./exposition.ts";
import { type Sample, isNumber } from "./sample-line.ts";

/** Suffixes whose values count something: never NaN; and never negative, except for a sum over gauges. */
const counts = new Set(["_total", "_sum", "_count", "_bucket", "_gcount", "_gsum"]);

/** Null when it keeps them. */
export function familyFault(family: Family): string | null {
  return (
    unitFault(family) ??
    firstFault(family.samples, (s) => sampleFault(family, s)) ??
    groupsFault(family)
  );
}

function unitFault({ name, type, unit }: Family): string | null {
  if (unit === "") return null;
  if (type === "info" || type === "stateset") return "a unit of what has none";
  return name.endsWith(`_${unit}`) ? null : "a unit that the name does not end with";
}

function firstFault<Item>(
  items: readonly Item[],
  faultOf: (item: Item) => string | null,
): string | null {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== null) return fault;
  }
  return null;
}

function sampleFault(family: Family, sample: Sample): string | null {
  const { type } = family;
  const suffix = sample.name.slice(family.name.length);
  const value = Number(sample.value.replace(/inf$/i, "Infinity"));
  if (counts.has(suffix) && Number.isNaN(value)) return "a count that is not a number";
  if (counts.has(suffix) && suffix !== "_gsum" && value < 0) return "a count that is negative";
  if (type === "info" && value !== 1) return "an info whose value is not 1";
  if (type === "stateset" && value !== 0 && value !== 1) return "a state that is neither 0 nor 1";
  if (type === "summary" && suffix === "" && value < 0) return "a quantile that is negative";
  return labelFault(family, sample, suffix) ?? exemplarFault(family, sample, suffix);
}

function labelFault({ name, type }: Family, { labels }: Sample, suffix: string): string | null {
  const of = new Map(labels);
  if (type === "stateset" && !of.has(name)) return "a state without its name";
  if (type === "summary" && suffix === "") {
    const quantile = of.get("quantile") ?? "";
    const isQuantile = isNumber(quantile) && Number(quantile) >= 0 && Number(quantile) <= 1;
    return isQuantile ? null : "a quantile that is none";
  }
  if (suffix === "_bucket" && (type === "histogram" || type === "gaugehistogram")) {
    const bound = of.get("le") ?? "";
    return bound === "+Inf" || (isNumber(bound) && Number.isFinite(Number(bound)))
      ? null
      : "a bucket without a bound";
  }
  return null;
}

function exemplarFault({ type }: Family, { exemplar }: Sample, suffix: string): string | null {
  if (exemplar === null) return null;
  const mayHave =
    (type === "counter" && suffix === "_total") ||
    ((type === "histogram" || type === "gaugehistogram") && suffix === "_bucket");
  return mayHave ? null : "an exemplar where there is none";
}

type Group = { readonly key: string; readonly samples: Sample[] };

/** Samples of one metric stand together, in the order of their times, and a histogram's buckets add up. */
function groupsFault(family: Family): string | null {
  const seen = new Set<string>();
  let group = null as Group | null;
  for (const sample of family.samples) {
    const key = groupOf(family, sample);
    if (group?.key !== key) {
      if (seen.has(key)) return "samples of one metric that stand apart";
      const fault = group === null ? null : histogramFault(family, group.samples);
      if (fault !== null) return fault;
      seen.add(key);
      group = { key, samples: [sample] };
      continue;
    }
    const fault = timeFault(family, group.samples.at(-1) as Sample, sample);
    if (fault !== null) return fault;
    group.samples.push(sample);
  }
  return group === null ? null : histogramFault(family, group.samples);
}

function timeFault({ type }: Family, before: Sample, sample: Sample): string | null {
  if ((before.timestamp === null) !== (sample.timestamp === null)) {
    return "samples with and without a time";
  }
  const isBack = Number(sample.timestamp) < Number(before.timestamp);
  return type !== "info" && isBack ? "samples that go back in time" : null;
}

/** The labels that tell one metric of a family from another. */
function groupOf({ name, type }: Family, sample: Sample): string {
  if (type === "info") return "";
  const own =
    type === "stateset"
      ? name
      : type === "summary" && sample.name === name
        ? "quantile"
        : sample.name === `${name}_bucket`
          ? "le"
          : null;
  return JSON.stringify(sample.labels.filter(([label]) => label !== own).toSorted(byName));
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function histogramFault({ name, type }: Family, samples: readonly Sample[]): string | null {
  if (type !== "histogram" && type !== "gaugehistogram") return null;
  const isGauge = type === "gaugehistogram";
  const valueOf = (suffix: string): number | null => {
    const found = samples.find((sample) => sample.name === `${name}${suffix}`);
    return found === undefined ? null : Number(found.value);
  };
  const buckets = samples
    .filter((sample) => sample.name === `${name}_bucket`)
    .map(({ labels, value }) => ({ bound: boundOf(labels), value: Number(value) }));
  const last = buckets.at(-1);
  if (last === undefined || last.bound !== Number.POSITIVE_INFINITY)
    return "no +Inf bucket at the end";
  const isOrdered = buckets.every(({ bound, value }, index) => {
    const before = buckets[index - 1];
    return before === undefined || (bound > before.bound && value >= before.value);
  });
  if (!isOrdered) return "buckets that do not grow";
  const [count, sum] = isGauge
    ? [valueOf("_gcount"), valueOf("_gsum")]
    : [valueOf("_count"), valueOf("_sum")];
  if ((count === null) !== (sum === null)) return "one of count and sum without the other";
  if (count !== null && count !== last.value) return "a count that is not the +Inf bucket's";
  const hasNegative = buckets.some(({ bound }) => bound < 0);
  if (!isGauge && hasNegative && sum !== null) return "a sum over negative bounds";
  return isGauge && !hasNegative && (sum ?? 0) < 0 ? "a negative sum over positive bounds" : null;
}

function boundOf(labels: Sample["labels"]): number {
  const bound = labels.find(([label]) => label === "le")?.[1];
  return bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
}
