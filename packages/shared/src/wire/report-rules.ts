/** What a report must keep beyond its schema: the rules that compare one member with another. */

import { isWholeHour, tryInstant } from "../time/instant.ts";
import type { Instant } from "../time/instant.ts";
import { dimensionsKey } from "./dimensions.ts";
import { dimensionsMax, isDimensionValue, isName, isQuantity } from "./names.ts";
import type { Coverage, Report, UsageLine } from "./report.ts";

export type ReportFault = { code: string; path: string; detail: string };

/** Null when the report, which fits its schema, keeps every rule; else the first that it breaks. */
export function reportFault(report: Report): ReportFault | null {
  return (
    chainFault(report) ??
    (instantOf(report.sealed_at) === null ? notAnInstant("/sealed_at") : null) ??
    coverageFault(report.coverage, "/coverage") ??
    sourcesFault(report) ??
    metersFault(report) ??
    usageFault(report)
  );
}

function chainFault(report: Report): ReportFault | null {
  const first = report.sequence === 1;
  if (first !== (report.previous === null)) {
    const detail = "report 1 has previous null, every later one its predecessor's digest";
    return { code: "previous_mismatch", path: "/previous", detail };
  }
  if (first !== (report.public_key !== undefined)) {
    const detail = "the journal's public key stands in report 1 and nowhere else";
    return { code: "public_key_misplaced", path: "/public_key", detail };
  }
  const { replaces } = report;
  if (replaces === null) return null;
  if (replaces.journal === report.journal) {
    const detail = "a journal cannot replace itself";
    return { code: "replaces_malformed", path: "/replaces/journal", detail };
  }
  if ((replaces.sequence === null) !== (replaces.digest === null)) {
    const detail = "sequence and digest of the replaced journal are both known or both null";
    return { code: "replaces_malformed", path: "/replaces", detail };
  }
  return null;
}

function coverageFault(coverage: Coverage, path: string): ReportFault | null {
  let end: Instant = 0;
  for (const [index, [fromText, toText]] of coverage.entries()) {
    const from = instantOf(fromText);
    const to = instantOf(toText);
    if (from === null || to === null) {
      return notAnInstant(`${path}/${index}/${from === null ? 0 : 1}`);
    }
    if (from >= to || from < end) {
      const detail = `${path} must be sorted and disjoint, each pair's from before its to`;
      return { code: "coverage_unordered", path: `${path}/${index}`, detail };
    }
    end = to;
  }
  return null;
}

function sourcesFault(report: Report): ReportFault | null {
  const names = new Set<string>();
  for (const [index, source] of report.sources.entries()) {
    const path = `/sources/${index}`;
    if (names.has(source.name)) {
      return { code: "source_repeated", path, detail: `${path} repeats an earlier source` };
    }
    names.add(source.name);
    const fault = coverageFault(source.heard, `${path}/heard`);
    if (fault !== null) return fault;
  }
  return null;
}

function metersFault(report: Report): ReportFault | null {
  const names = new Set<string>();
  for (const [index, meter] of report.meters.entries()) {
    const path = `/meters/${index}`;
    if (names.has(meter.name)) {
      return { code: "meter_repeated", path, detail: `${path} repeats an earlier meter` };
    }
    names.add(meter.name);
  }
  return null;
}

function usageFault(report: Report): ReportFault | null {
  const scales = new Map(report.meters.map((meter) => [meter.name, meter.scale]));
  const windows = new Map<string, boolean>();
  const seen = new Set<string>();
  for (const [index, line] of report.usage.entries()) {
    const path = `/usage/${index}`;
    if (!windows.has(line.window)) windows.set(line.window, isWindow(line.window));
    if (windows.get(line.window) !== true) {
      const detail = `${path}/window must be the start of an hour`;
      return { code: "window_malformed", path: `${path}/window`, detail };
    }
    const fault = quantityFault(line, scales.get(line.meter), path) ?? dimensionsFault(line, path);
    if (fault !== null) return fault;
    // Neither a meter's name nor an instant holds a blank.
    const key = `${line.meter} ${line.window} ${dimensionsKey(line.dimensions)}`;
    if (seen.has(key)) {
      const detail = `${path} has the meter, window and dimensions of an earlier line`;
      return { code: "line_repeated", path, detail };
    }
    seen.add(key);
  }
  return null;
}

function quantityFault(
  line: UsageLine,
  scale: number | undefined,
  path: string,
): ReportFault | null {
  if (scale === undefined) {
    const detail = `${path}/meter is not among the report's meters`;
    return { code: "meter_undeclared", path: `${path}/meter`, detail };
  }
  const at = `${path}/quantity`;
  if (!isQuantity(line.quantity)) {
    const detail = `${at} must be a decimal number without sign, exponent or trailing zeros`;
    return { code: "quantity_malformed", path: at, detail };
  }
  if (line.quantity === "0") {
    return { code: "quantity_zero", path: at, detail: `${at} is zero: such lines are left out` };
  }
  const point = line.quantity.indexOf(".");
  if (point !== -1 && line.quantity.length - point - 1 > scale) {
    const detail = `${at} has more decimals than its meter's scale of ${scale}`;
    return { code: "quantity_scale_exceeded", path: at, detail };
  }
  return null;
}

function dimensionsFault(line: UsageLine, path: string): ReportFault | null {
  const names = Object.keys(line.dimensions);
  if (names.length > dimensionsMax) {
    const detail = `${path}/dimensions has more than ${dimensionsMax} members`;
    return { code: "dimensions_too_many", path: `${path}/dimensions`, detail };
  }
  for (const name of names) {
    if (!isName(name)) {
      const detail = `${path}/dimensions has a member whose name is none`;
      return { code: "dimension_name_malformed", path: `${path}/dimensions`, detail };
    }
    if (!isDimensionValue(line.dimensions[name])) {
      const at = `${path}/dimensions/${name}`;
      const detail = `${at} must be 1 to 128 printable ASCII characters other than @`;
      return { code: "dimension_value_malformed", path: at, detail };
    }
  }
  return null;
}

function isWindow(text: string): boolean {
  const instant = instantOf(text);
  return instant !== null && isWholeHour(instant);
}

/** From 1970 on: no meter of ours counted earlier, and a sign less is a bug less. */
function instantOf(text: string): Instant | null {
  const instant = tryInstant(text);
  return instant === null || instant < 0 ? null : instant;
}

function notAnInstant(path: string): ReportFault {
  return { code: "instant_malformed", path, detail: `${path} is no date of the calendar` };
}
