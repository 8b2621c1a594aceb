/** The small file in which a vendor declares what its product counts, and a customer reads what leaves. */

import { Compile } from "typebox/compile";
import { isDimensionValue } from "../wire/names.ts";
import type { Aggregation, MeterHead } from "../wire/report.ts";
import { shapeFault } from "../wire/shape.ts";
import { parseStrictJson } from "../wire/strict-json.ts";
import { MeterFileSchema } from "./meter-schema.ts";
import type { DeclaredDimension, DeclaredMeter, DeclaredMeterFile } from "./meter-schema.ts";

export const defaultPattern = "[A-Za-z0-9._:/-]{1,64}";
export const cardinalityDefault = 2000;
/** No value of a product's is longer, before it is hashed or fits a pattern. */
const givenLengthMax = 1024;

export type Dimension = {
  readonly name: string;
  /** Does the product's value belong to the declared ones? */
  readonly admits: (value: string) => boolean;
  /** As declared, for those who show the data dictionary; null when a pattern decides. */
  readonly values: readonly string[] | null;
  readonly pattern: string | null;
  readonly default: string | null;
  readonly pseudonymous: boolean;
  readonly cardinalityMax: number;
};

export type Meter = {
  readonly name: string;
  readonly unit: string;
  readonly aggregation: Aggregation;
  readonly scale: number;
  readonly dimensions: readonly Dimension[];
};

/** `path` is a JSON pointer; `detail` says what is wrong, `hint` what to write instead. */
export type MeterFileFault = {
  readonly path: string;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
};

export type MeterFile = {
  readonly meters: ReadonlyMap<string, Meter>;
  readonly sources: readonly string[];
  /** Empty when the file can be used; else nothing else in it may be. */
  readonly faults: readonly MeterFileFault[];
};

const validator = Compile(MeterFileSchema);

/** Never throws: what is wrong stands in `faults`, and then `meters` is empty. */
export function readMeterFile(bytes: Uint8Array): MeterFile {
  const json = parseStrictJson(bytes);
  if (json.kind === "malformed") {
    const hint = "write the meter file as UTF-8 JSON, each member once";
    return faulty([{ path: "", code: json.code, detail: json.detail, hint }]);
  }
  const shape = shapeFault(validator, json.value);
  if (shape !== null) return faulty([{ ...shape, hint: shapeHint(shape.code) }]);
  const file = json.value as DeclaredMeterFile;
  const sources = file.sources ?? [];
  const faults = [
    ...repeated(sources, "/sources"),
    ...repeated(
      file.meters.map((meter) => meter.name),
      "/meters",
    ),
    ...file.meters.flatMap((meter, index) => meterFaults(meter, `/meters/${index}`)),
  ];
  if (faults.length > 0) return faulty(faults);
  return { meters: new Map(file.meters.map((m) => [m.name, meterOf(m)])), sources, faults: [] };
}

/** What reports say of the declared meters: all of them, in the order of the file. */
export function meterHeads(file: MeterFile): MeterHead[] {
  return [...file.meters.values()].map(({ name, unit, aggregation, scale }) => ({
    name,
    unit,
    aggregation,
    scale,
  }));
}

function faulty(faults: readonly MeterFileFault[]): MeterFile {
  return { meters: new Map(), sources: [], faults };
}

function meterOf(meter: DeclaredMeter): Meter {
  return {
    name: meter.name,
    unit: meter.unit,
    aggregation: meter.aggregation,
    scale: meter.scale ?? 0,
    dimensions: (meter.dimensions ?? []).map(dimensionOf),
  };
}

function dimensionOf(dimension: DeclaredDimension): Dimension {
  const pattern = dimension.values === undefined ? (dimension.pattern ?? defaultPattern) : null;
  return {
    name: dimension.name,
    admits: admission(dimension),
    values: dimension.values ?? null,
    pattern,
    default: dimension.default ?? null,
    pseudonymous: dimension.pseudonymous ?? false,
    cardinalityMax: dimension.cardinality_max ?? cardinalityDefault,
  };
}

/** A pattern only narrows the wire's grammar, unless a keyed hash leaves instead of the value. */
function admission(dimension: DeclaredDimension): (value: string) => boolean {
  const { values, pseudonymous = false } = dimension;
  if (values !== undefined) {
    const declared = new Set(values);
    return (given) => declared.has(given);
  }
  if (pseudonymous && dimension.pattern === undefined)
    return (given) => given.length <= givenLengthMax;
  const expression = compiled(dimension.pattern ?? defaultPattern);
  return (given) =>
    given.length <= givenLengthMax &&
    expression?.test(given) === true &&
    (pseudonymous || isDimensionValue(given));
}

/** Whole-value, in Unicode mode; null when it is no regular expression. */
function compiled(pattern: string): RegExp | null {
  try {
    // By itself first: `)|(` would otherwise close our group and match anything.
    const alone = new RegExp(pattern, "u");
    return new RegExp(`^(?:${alone.source})$`, "u");
  } catch {
    return null;
  }
}

function meterFaults(meter: DeclaredMeter, path: string): MeterFileFault[] {
  const dimensions = meter.dimensions ?? [];
  return [
    ...repeated(
      dimensions.map((dimension) => dimension.name),
      `${path}/dimensions`,
    ),
    ...dimensions.flatMap((dimension, index) =>
      dimensionFaults(dimension, `${path}/dimensions/${index}`),
    ),
  ];
}

function dimensionFaults(dimension: DeclaredDimension, path: string): MeterFileFault[] {
  const { values, pattern } = dimension;
  if (values !== undefined && pattern !== undefined) {
    const detail = `${path} declares both values and a pattern`;
    return [{ path, code: "dimension_ambiguous", detail, hint: "keep the one that is meant" }];
  }
  if (pattern !== undefined && compiled(pattern) === null) {
    const detail = `${path}/pattern is no regular expression`;
    const hint = `write one such as ${defaultPattern}; it is matched against the whole value`;
    return [{ path: `${path}/pattern`, code: "pattern_malformed", detail, hint }];
  }
  const faults = repeated(values ?? [], `${path}/values`);
  if (dimension.default !== undefined && !admission(dimension)(dimension.default)) {
    const detail = `${path}/default is not among the values that the dimension declares`;
    const hint = "declare the default as a value too, or choose another";
    faults.push({ path: `${path}/default`, code: "default_undeclared", detail, hint });
  }
  return faults;
}

function repeated(names: readonly string[], path: string): MeterFileFault[] {
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return [];
    const at = `${path}/${index}`;
    const detail = `${at} repeats ${JSON.stringify(name)}`;
    return [{ path: at, code: "name_repeated", detail, hint: "declare each name once" }];
  });
}

function shapeHint(code: "member_unknown" | "member_missing" | "member_malformed"): string {
  switch (code) {
    case "member_unknown":
      return "remove it, or correct its spelling";
    case "member_missing":
      return "add it";
    case "member_malformed":
      return "correct it";
  }
}
