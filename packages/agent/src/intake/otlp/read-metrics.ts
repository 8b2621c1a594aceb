/** From an OTLP export of metrics to facts: sums and gauges of declared meters; of everything else how many points were refused. */

import { createHash } from "node:crypto";
import type { Meter } from "@submeter/shared/metering/meter-file";
import { type Decimal, format, isNegative } from "@submeter/shared/numbers/decimal";
import { type Instant, formatInstant } from "@submeter/shared/time/instant";
import type { Fact, Reading } from "../../counting/fact.ts";
import type { Sight } from "../../counting/sight.ts";
import { type ForeignNames, declaredLabels, meterNamed, sourceNamed } from "../foreign-names.ts";
import { decimalOfDouble, floorToScale } from "../printed-number.ts";
import { type EventRules, type Fault, fault, readEvent } from "../read-event.ts";
import type {
  AnyValue,
  ExportMetricsServiceRequest,
  InstrumentationScope,
  KeyValue,
  Metric,
  NumberDataPoint,
} from "./metrics_pb.js";

export type OtlpRules = EventRules &
  ForeignNames & {
    readonly sight: Sight;
  };

export type ReadMetrics = {
  readonly facts: readonly Fact[];
  /** Resources that spoke, also when nothing of what they said is counted. */
  readonly sources: readonly string[];
  readonly rejectedPoints: number;
  /** The first of each kind. */
  readonly faults: ReadonlyMap<string, Fault>;
};

const delta = 1;
const cumulative = 2;
/** Flags, bit 0: the point says that there is no value. */
const noRecordedValue = 1;
const nanosPerSecond = 1_000_000_000n;
/** Of a gauge: exporters send every 60 s. */
const staleAfterSeconds = 300;

type Place = { readonly source: string | null; readonly identity: string; readonly metric: Metric };

export function readMetrics(
  request: ExportMetricsServiceRequest,
  rules: OtlpRules,
  now: Instant,
): ReadMetrics {
  const facts: Fact[] = [];
  const sources = new Set<string>();
  const faults = new Map<string, Fault>();
  let rejectedPoints = 0;
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    const attributes = textsOf(resource?.attributes ?? []);
    const service = attributes.find(([key]) => key === "service.name")?.[1];
    const source = service === undefined ? null : sourceNamed(service, rules);
    if (source !== null) sources.add(source);
    for (const { scope, metrics } of scopeMetrics) {
      const identity = identityOf(attributes, scope);
      for (const metric of metrics) {
        for (const read of readMetric({ source, identity, metric }, rules, now)) {
          if (!("code" in read)) facts.push(read);
          else {
            rejectedPoints += 1;
            if (!faults.has(read.code)) faults.set(read.code, read);
          }
        }
      }
    }
  }
  return { facts, sources: [...sources], rejectedPoints, faults };
}

/** Attributes of the scope stand in it only where there are some: a stream keeps its name. */
function identityOf(resource: Texts, scope: InstrumentationScope | undefined): string {
  const own = textsOf(scope?.attributes ?? []);
  const named = [resource, scope?.name ?? "", scope?.version ?? ""];
  return JSON.stringify(own.length === 0 ? named : [...named, own]);
}

/** One for each point, except for points that say that they have no value. */
function readMetric(place: Place, rules: OtlpRules, now: Instant): (Fact | Fault)[] {
  const { metric } = place;
  const meter = meterNamed(metric.name, rules.meters, rules);
  const { case: kind, value } = metric.data;
  if (meter === undefined) {
    const detail = `no meter ${JSON.stringify(metric.name.slice(0, 64))} is declared`;
    const hint = "declare it in the meter file, or export only what is counted (with a view)";
    return (value?.dataPoints ?? []).map(() => fault("meter_unknown", detail, hint));
  }
  const reads = readerOf(metric, meter);
  if ((kind !== "sum" && kind !== "gauge") || reads === null) {
    return (value?.dataPoints ?? []).map(() => notCounted(meter));
  }
  return value.dataPoints
    .filter(({ flags }) => (flags & noRecordedValue) === 0)
    .map((point) => readPoint(point, { ...place, meter, reads }, rules, now));
}

type Reads = "amount" | "counter" | "gauge" | "greatest";

/** What the points of a metric say of a meter: how much was added, where a counter stands, or how much there is. */
function readerOf({ data }: Metric, { aggregation }: Meter): Reads | null {
  const isLevel =
    data.case === "gauge" ||
    (data.case === "sum" &&
      !data.value.isMonotonic &&
      data.value.aggregationTemporality === cumulative);
  if (isLevel) {
    return aggregation === "sum" ? null : aggregation === "max" ? "greatest" : "gauge";
  }
  if (data.case !== "sum" || !data.value.isMonotonic || aggregation === "max") return null;
  switch (data.value.aggregationTemporality) {
    case delta:
      return "amount";
    case cumulative:
      return "counter";
    default:
      return null;
  }
}

function notCounted(meter: Meter): Fault {
  const takes = meter.aggregation === "sum" ? "a monotonic sum" : "a gauge or an up-down counter";
  const detail = `meter ${meter.name} (${meter.aggregation}) cannot be counted from this kind of metric`;
  return fault("metric_kind_refused", detail, `send ${takes}`);
}

function readPoint(
  point: NumberDataPoint,
  place: Place & { meter: Meter; reads: Reads },
  rules: OtlpRules,
  now: Instant,
): Fact | Fault {
  const { meter, reads, source } = place;
  const value = valueOf(point);
  if (value === null || isNegative(value)) {
    return fault("quantity_malformed", "the value is no number, or negative", "send what was used");
  }
  const labels = textsOf(point.attributes);
  const isRead = reads === "counter" || reads === "gauge";
  const fact = readEvent(
    {
      meter: meter.name,
      quantity: format(isRead ? floorToScale(value, meter.scale) : value),
      dimensions: declaredLabels(labels, meter, rules),
      source,
      ...(point.timeUnixNano === 0n ? {} : { time: endOf(point) }),
    },
    rules,
    now,
  );
  if ("code" in fact || reads === "greatest") return fact;
  const stream = streamOf(place, labels);
  if (reads === "amount" && point.timeUnixNano === 0n) {
    const detail = "a delta does not say when it ended, so that its retry would count again";
    return fault("time_missing", detail, "send timeUnixNano, as every SDK does");
  }
  if (reads === "amount") {
    // Its retry brings the same interval again.
    return { ...fact, id: `otlp ${stream} ${point.startTimeUnixNano} ${point.timeUnixNano}` };
  }
  return {
    ...fact,
    reading: readingOf(point, stream, reads, {
      since: rules.sight.since(place.metric.name),
      now,
    }),
  };
}

function readingOf(
  point: NumberDataPoint,
  stream: string,
  kind: "counter" | "gauge",
  { since, now }: { since: Instant; now: Instant },
): Reading {
  const at = point.timeUnixNano === 0n ? BigInt(now) * nanosPerSecond : point.timeUnixNano;
  // A retry brings the same bytes again, with the same time.
  const mayRepeat = true;
  if (kind === "gauge") return { kind, stream: `otlp ${stream}`, at, mayRepeat, staleAfterSeconds };
  const { startTimeUnixNano: start } = point;
  // A counter that began again is another: two processes may share all their attributes, and differ in when they began.
  return {
    kind,
    stream: `otlp ${stream} ${start}`,
    at,
    mayRepeat,
    beganInSight: start >= BigInt(since) * nanosPerSecond,
  };
}

/** A point that ends with the hour belongs to that hour. */
function endOf({ timeUnixNano }: NumberDataPoint): string {
  const seconds = Number((timeUnixNano - 1n) / nanosPerSecond);
  return formatInstant(Math.min(seconds, 253_402_300_799));
}

function valueOf({ value }: NumberDataPoint): Decimal | null {
  if (value.case === "asInt") return { coefficient: value.value, scale: 0 };
  return value.case === "asDouble" ? decimalOfDouble(value.value) : null;
}

type Texts = readonly [string, string][];

/** Attributes as texts, in the order of their names: what names a stream must not depend on how it was sent. */
function textsOf(attributes: readonly KeyValue[]): Texts {
  return attributes
    .map(({ key, value }): [string, string] => [key, textOf(value)])
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function textOf(given: AnyValue | undefined): string {
  const value = given?.value;
  if (value?.case === "arrayValue") return JSON.stringify(value.value.values.map(textOf));
  if (value?.case === "kvlistValue") return JSON.stringify(textsOf(value.value.values));
  return String(value?.value ?? "");
}

/** 132 bits of a SHA-256 of what OTLP says identifies a stream. */
function streamOf({ identity, metric }: Place, labels: Texts): string {
  const text = JSON.stringify([identity, metric.name, metric.unit, labels]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
