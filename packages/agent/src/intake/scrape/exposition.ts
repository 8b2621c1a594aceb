/** A page of metrics: families of samples, in OpenMetrics 1.0 (read strictly) or Prometheus' text format 0.0.4. */

import { familyFault } from "./family-rules.ts";
import { type Sample, readSampleLine } from "./sample-line.ts";

export type MetricType =
  | "unknown"
  | "counter"
  | "gauge"
  | "histogram"
  | "gaugehistogram"
  | "stateset"
  | "info"
  | "summary";

export type Family = {
  readonly name: string;
  readonly type: MetricType;
  readonly unit: string;
  readonly samples: readonly Sample[];
};

export type Exposition =
  | { readonly kind: "families"; readonly families: readonly Family[] }
  /** `line` counts from 1. */
  | { readonly kind: "malformed"; readonly line: number; readonly detail: string };

/** What a sample of a family may be called, behind the family's name. */
const suffixes: Readonly<Record<MetricType, readonly string[]>> = {
  unknown: [""],
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_count", "_sum", "_bucket", "_created"],
  gaugehistogram: ["_gcount", "_gsum", "_bucket"],
  stateset: [""],
  info: ["_info"],
  summary: ["_count", "_sum", "", "_created"],
};

const metadata = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s;

export function readOpenMetrics(text: string): Exposition {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.at(-1) !== "# EOF") return malformed(lines.length, "it does not end with # EOF");
  return new OpenMetricsReader().read(lines.slice(0, -1));
}

type Draft = { name: string; type: MetricType; unit: string; said: Set<string>; samples: Sample[] };

class OpenMetricsReader {
  readonly #families: Family[] = [];
  /** Every name that a family takes, with all that its samples could be called. */
  readonly #names = new Set<string>();
  #draft: Draft | null = null;

  read(lines: readonly string[]): Exposition {
    for (const [index, line] of lines.entries()) {
      const detail = line.startsWith("#") ? this.#metadata(line) : this.#sample(line);
      if (detail !== null) return malformed(index + 1, detail);
    }
    const detail = this.#close();
    if (detail !== null) return malformed(lines.length, detail);
    return { kind: "families", families: this.#families };
  }

  #metadata(line: string): string | null {
    const match = metadata.exec(line);
    if (match === null) return "a comment that is no TYPE, HELP or UNIT";
    const [, what = "", name = "", text = ""] = match;
    if (this.#draft?.name !== name) {
      const detail = this.#begin(name);
      if (detail !== null) return detail;
    }
    const draft = this.#draft as Draft | null;
    if (draft === null) return null;
    if (draft.samples.length > 0) return "metadata after a sample of its family";
    if (draft.said.has(what)) return `${what} is said twice`;
    draft.said.add(what);
    if (what === "TYPE") {
      if (!Object.hasOwn(suffixes, text)) return "a type that there is not";
      draft.type = text as MetricType;
    } else if (what === "UNIT") draft.unit = text;
    return null;
  }

  #sample(line: string): string | null {
    const sample = readSampleLine(line, "open_metrics");
    if (sample === null) return "a line that is no sample";
    if (this.#draft === null || !namesOf(this.#draft).includes(sample.name)) {
      const detail = this.#begin(sample.name);
      if (detail !== null) return detail;
    }
    this.#draft?.samples.push(sample);
    return null;
  }

  #begin(name: string): string | null {
    const detail = this.#close();
    this.#draft = { name, type: "unknown", unit: "", said: new Set(), samples: [] };
    return detail;
  }

  #close(): string | null {
    const draft = this.#draft;
    if (draft === null) return null;
    const taken = new Set([draft.name, ...namesOf(draft)]);
    for (const name of taken) {
      if (this.#names.has(name)) return `the name ${name} stands in two families`;
      this.#names.add(name);
    }
    this.#families.push(draft);
    return familyFault(draft);
  }
}

function namesOf({ name, type }: Pick<Family, "name" | "type">): string[] {
  return suffixes[type].map((suffix) => `${name}${suffix}`);
}

/** Families by their TYPE lines; a sample without one makes a family of unknown type. */
export function readClassicText(text: string): Exposition {
  const types = new Map<string, MetricType>();
  const families = new Map<string, Family & { samples: Sample[] }>();
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "") continue;
    if (trimmed.startsWith("#")) {
      const [, what, name = "", type = ""] = trimmed.split(/\s+/);
      if (what === "TYPE")
        types.set(name, Object.hasOwn(suffixes, type) ? (type as MetricType) : "unknown");
      continue;
    }
    const sample = readSampleLine(trimmed, "classic");
    if (sample === null) return malformed(index + 1, "a line that is no sample");
    const name = classicFamily(sample.name, types);
    const family = families.get(name) ?? {
      name,
      type: types.get(name) ?? "unknown",
      unit: "",
      samples: [],
    };
    family.samples.push(sample);
    families.set(name, family);
  }
  return { kind: "families", families: [...families.values()] };
}

function classicFamily(name: string, types: ReadonlyMap<string, MetricType>): string {
  if (types.has(name)) return name;
  const base = name.replace(/_(?:bucket|count|sum)$/, "");
  const type = types.get(base);
  return type === "histogram" || type === "summary" ? base : name;
}

function malformed(line: number, detail: string): Exposition {
  return { kind: "malformed", line, detail };
}
