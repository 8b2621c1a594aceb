/** The ways by which usage comes in besides `POST /v1/usage`: declared in one small file, and what their names stand for. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Meter, MeterFile } from "@submeter/shared/metering/meter-file";
import { fitDimensions } from "@submeter/shared/metering/fit-dimensions";
import { type Decimal, decimal } from "@submeter/shared/numbers/decimal";
import { shapeFault } from "@submeter/shared/wire/shape";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import { Compile } from "typebox/compile";
import { type ListenAddress, parseListen } from "./listen-address.ts";
import { type DeclaredWaysFile, WaysFileSchema } from "./ways-schema.ts";

export type StatsdPlace =
  | ({ readonly kind: "udp" | "tcp" } & ListenAddress)
  | { readonly kind: "unix"; readonly path: string };

export type StatsdWay = {
  readonly places: readonly StatsdPlace[];
  /** What becomes of a sampled counter: it is scaled by its rate, or refused, as a guess is no count. */
  readonly sampling: "refuse" | "scale";
  readonly source: string | null;
};

export type ScrapeTarget = {
  readonly source: string;
  readonly url: URL;
  readonly everySeconds: number;
};

export type HeartbeatWay = {
  readonly meter: string;
  /** A second while the product is up. */
  readonly quantity: Decimal;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly source: string | null;
  /** Asked whether the product is up; null: it is up while the agent is. */
  readonly url: URL | null;
  readonly everySeconds: number;
};

/** A CloudEvent of `type` counts for `meter` what stands in its data under `quantity`; null: one. */
export type EventWay = {
  readonly type: string;
  readonly meter: string;
  readonly quantity: string | null;
};

export type Ways = {
  /** A Unix socket's file that takes HTTP like the address does. */
  readonly socket: string | null;
  readonly token: string | null;
  readonly otlp: ListenAddress | null;
  readonly statsd: StatsdWay | null;
  readonly scrape: readonly ScrapeTarget[];
  readonly heartbeat: readonly HeartbeatWay[];
  readonly events: readonly EventWay[];
  /** From a foreign metric's, label's or source's name to ours. */
  readonly names: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly sources: ReadonlyMap<string, string>;
};

export const noWays: Ways = {
  socket: null,
  token: null,
  otlp: null,
  statsd: null,
  scrape: [],
  heartbeat: [],
  events: [],
  names: new Map(),
  labels: new Map(),
  sources: new Map(),
};

const scrapeSecondsDefault = 30;
const heartbeatSecondsDefault = 10;
const validator = Compile(WaysFileSchema);

/** Throws `ways_malformed`, and what is wrong with an address. `hasToken`: OTLP may then be reached from other machines. */
export function readWays(
  bytes: Uint8Array,
  meters: MeterFile,
  hasToken: boolean,
): Omit<Ways, "socket" | "token"> {
  const json = parseStrictJson(bytes);
  if (json.kind === "malformed") {
    throw malformed(json.detail, "write the ways file as UTF-8 JSON, each member once");
  }
  const shape = shapeFault(validator, json.value);
  if (shape !== null) {
    throw malformed(shape.detail, "see the ways in the agent's README, and correct it");
  }
  const file = json.value as DeclaredWaysFile;
  assertDeclared(file, meters);
  assertCountedOnce(file.events ?? []);
  return {
    otlp: file.otlp === undefined ? null : parseListen(file.otlp.listen, "/otlp/listen", hasToken),
    statsd: file.statsd === undefined ? null : statsdOf(file.statsd),
    scrape: (file.scrape ?? []).map((target, index) => ({
      source: target.source,
      url: urlAt(target.url, `/scrape/${index}/url`),
      everySeconds: target.every_seconds ?? scrapeSecondsDefault,
    })),
    heartbeat: (file.heartbeat ?? []).map((way, index) => heartbeatOf(way, index, meters)),
    events: (file.events ?? []).map((way) => ({ ...way, quantity: way.quantity ?? null })),
    names: new Map(Object.entries(file.names ?? {})),
    labels: new Map(Object.entries(file.labels ?? {})),
    sources: new Map(Object.entries(file.sources ?? {})),
  };
}

/** Every meter that a way leads to must be declared: otherwise its usage would be refused for ever. */
function assertDeclared(file: DeclaredWaysFile, meters: MeterFile): void {
  const named = [
    ...(file.heartbeat ?? []).map(({ meter }) => meter),
    ...(file.events ?? []).map(({ meter }) => meter),
    ...Object.values(file.names ?? {}),
  ];
  const stray = named.find((meter) => !meters.meters.has(meter));
  if (stray === undefined) return;
  throw malformed(
    `it leads to meter ${stray}, which the meter file does not declare`,
    "declare the meter, or correct its name",
  );
}

/** One event has one id, and under it a meter counts one quantity: another would be refused, an equal one pass for its retry. */
function assertCountedOnce(events: NonNullable<DeclaredWaysFile["events"]>): void {
  for (const [index, { type, meter }] of events.entries()) {
    if (events.findIndex((way) => way.type === type && way.meter === meter) === index) continue;
    throw malformed(
      `/events/${index}: type ${type} counts for meter ${meter} already`,
      "declare a meter for each quantity of the event, or send the sum of them",
    );
  }
}

function statsdOf(way: NonNullable<DeclaredWaysFile["statsd"]>): StatsdWay {
  return {
    places: way.listen.map((text, index) => statsdPlace(text, `/statsd/listen/${index}`)),
    sampling: way.sampling ?? "refuse",
    source: way.source ?? null,
  };
}

function statsdPlace(text: string, path: string): StatsdPlace {
  const rest = text.slice(text.indexOf(":") + 1);
  if (text.startsWith("unix:")) return { kind: "unix", path: rest };
  // Nothing in the protocol could say who is speaking: only this machine.
  return { kind: text.startsWith("udp:") ? "udp" : "tcp", ...parseListen(rest, path, false) };
}

type DeclaredHeartbeat = NonNullable<DeclaredWaysFile["heartbeat"]>[number];

function heartbeatOf(way: DeclaredHeartbeat, index: number, meters: MeterFile): HeartbeatWay {
  const meter = meters.meters.get(way.meter) as Meter;
  if (meter.aggregation === "max") {
    const detail = `/heartbeat/${index}: of meter ${way.meter} the greatest counts, which seconds are not`;
    throw malformed(detail, "declare a meter that adds up (sum or time_weighted)");
  }
  const dimensions = way.dimensions ?? {};
  const fit = fitDimensions(meter, dimensions, new Uint8Array(32));
  if (fit.kind === "refused") throw malformed(`/heartbeat/${index}: ${fit.detail}`, fit.hint);
  return {
    meter: way.meter,
    quantity: decimal(way.quantity ?? "1"),
    dimensions,
    source: way.source ?? null,
    url: way.url === undefined ? null : urlAt(way.url, `/heartbeat/${index}/url`),
    everySeconds: way.every_seconds ?? heartbeatSecondsDefault,
  };
}

function urlAt(text: string, path: string): URL {
  const url = URL.parse(text);
  if (url === null) throw malformed(`${path} is no URL`, "write it as http://host:port/path");
  if (url.username === "" && url.password === "") return url;
  const hint = "let the product answer this machine without one, and write http://host:port/path";
  throw malformed(`${path} holds a name or password, which is not sent`, hint);
}

function malformed(detail: string, hint: string): SubmeterError {
  return new SubmeterError("ways_malformed", `the ways file cannot be used: ${detail}`, hint);
}
