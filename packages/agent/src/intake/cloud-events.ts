/** CloudEvents 1.0 over HTTP, in structured, batch and binary mode, brought to the form that `readEvent` takes. */

import type { IncomingHttpHeaders } from "node:http";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import type { Fact } from "../counting/fact.ts";
import type { EventWay } from "../ways.ts";
import { type ForeignNames, declaredLabels, meterNamed, sourceNamed } from "./foreign-names.ts";
import { type EventRules, type Fault, fault, readEvent } from "./read-event.ts";
import type { ReadEvents, Rejection } from "./read-events.ts";

export type CloudEventRules = EventRules &
  ForeignNames & {
    /** What the types of events count for; a type that is not among them counts for the meter of its name. */
    readonly events: readonly EventWay[];
  };

export const structuredType = "application/cloudevents+json";
export const batchType = "application/cloudevents-batch+json";
export const plainType = "application/json";

type Attributes = Readonly<Record<string, unknown>>;

const required = ["id", "source", "type"] as const;
const hint = 'send a CloudEvent: {"specversion":"1.0","id":…,"source":…,"type":…,"data":{…}}';

/** `facts[n]` belongs to the event at `indexes[n]`: one event may count for several meters. */
export function readCloudEvents(
  request: { headers: IncomingHttpHeaders; mediaType: string; body: Uint8Array },
  rules: CloudEventRules,
  now: number,
): ReadEvents {
  // Section 3: the media type tells the mode, whatever headers repeat.
  const isBinary =
    request.mediaType === plainType && request.headers["ce-specversion"] !== undefined;
  const isWithoutData = isBinary && request.body.length === 0;
  const json = isWithoutData ? nothing : parseStrictJson(request.body);
  if (json.kind === "malformed") {
    return { ...json, detail: `the body cannot be read: ${json.detail}`, hint };
  }
  const events: unknown = isBinary ? [binaryEvent(request.headers, json.value)] : json.value;
  const single = !Array.isArray(events);
  if (!fits(request.mediaType, single)) {
    const detail = `the body is not what ${request.mediaType} says`;
    return { kind: "malformed", code: "cloud_event_malformed", detail, hint };
  }
  const facts: Fact[] = [];
  const indexes: number[] = [];
  const rejected: Rejection[] = [];
  for (const [index, event] of (single ? [events] : (events as unknown[])).entries()) {
    const read = readCloudEvent(event, rules, now);
    if ("code" in read) rejected.push({ index, status: 422, ...read });
    else {
      facts.push(...read);
      for (const _ of read) indexes.push(index);
    }
  }
  return { kind: "events", single: single || isBinary, facts, indexes, rejected };
}

const nothing = { kind: "value", value: null } as const;

function fits(mediaType: string, single: boolean): boolean {
  if (mediaType === structuredType) return single;
  return mediaType === batchType ? !single : true;
}

/** HTTP binding, section 3.1: attributes stand in headers that start with `ce-`, percent-encoded. */
function binaryEvent(headers: IncomingHttpHeaders, data: unknown): Attributes {
  const event: Record<string, unknown> = { data };
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("ce-") && typeof value === "string") event[name.slice(3)] = decoded(value);
  }
  return event;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The facts of one event; all of them or none. */
function readCloudEvent(event: unknown, rules: CloudEventRules, now: number): Fact[] | Fault {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return fault("cloud_event_malformed", "the item is no CloudEvent", hint);
  }
  const attributes = event as Attributes;
  if (attributes["specversion"] !== "1.0") {
    return fault("cloud_event_version", "its specversion is not 1.0", hint);
  }
  const missing = required.find((name) => !isText(attributes[name]));
  if (missing !== undefined) {
    return fault("cloud_event_malformed", `its ${missing} is missing or no text`, hint);
  }
  const data = dataOf(attributes);
  if (data === null) {
    const detail = "its data is no JSON object";
    return fault("cloud_event_data", detail, 'send data such as {"quantity":"1","model":"m1"}');
  }
  const facts: Fact[] = [];
  for (const way of waysOf(attributes["type"] as string, rules)) {
    const fact = readEvent(itemOf(attributes, data, way, rules), rules, now);
    if ("code" in fact) return fact;
    facts.push(fact);
  }
  return facts;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** An event may come without data: it is one of its type. */
function dataOf(attributes: Attributes): Attributes | null {
  const base64 = attributes["data_base64"];
  let data = attributes["data"] ?? {};
  if (typeof base64 === "string") {
    const json = parseStrictJson(Buffer.from(base64, "base64"));
    data = json.kind === "value" ? (json.value ?? {}) : [];
  }
  return typeof data === "object" && !Array.isArray(data) ? (data as Attributes) : null;
}

/** What the event counts for: as configured, else for the meter that has the name of its type. */
function waysOf(type: string, rules: CloudEventRules): EventWay[] {
  const configured = rules.events.filter((way) => way.type === type);
  if (configured.length > 0) return configured;
  const meter = meterNamed(type, rules.meters, rules)?.name ?? type;
  return [{ type, meter, quantity: null }];
}

/** What has one way to be written; a number with decimals has many. */
function isLabel(value: unknown): value is string | boolean | number {
  return typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
}

function itemOf(attributes: Attributes, data: Attributes, way: EventWay, rules: CloudEventRules) {
  const meter = rules.meters.get(way.meter);
  const labels = Object.entries({ subject: attributes["subject"], ...data });
  const texts = labels.flatMap(([name, value]) =>
    isLabel(value) ? [[name, String(value)] as const] : [],
  );
  const quantity =
    way.quantity === null ? (data["quantity"] ?? data["value"] ?? 1) : data[way.quantity];
  return {
    meter: way.meter,
    quantity,
    dimensions: meter === undefined ? {} : declaredLabels(texts, meter, rules),
    time: attributes["time"],
    source: sourceNamed(attributes["source"] as string, rules),
    id: attributes["id"],
  };
}
