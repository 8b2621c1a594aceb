/** One sample of an exposition: `name{label="value",…} value [timestamp] [# {label="value",…} value [timestamp]]`. */

export type Labels = readonly (readonly [string, string])[];

export type Sample = {
  readonly name: string;
  readonly labels: Labels;
  /** As it is written. */
  readonly value: string;
  readonly timestamp: string | null;
  readonly exemplar: Labels | null;
};

/** `open_metrics` is strict about every blank; `classic` is Prometheus' text format 0.0.4. */
export type Dialect = "open_metrics" | "classic";

const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[^])*)"/y;
const classicLabel = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\[^])*)"\s*/y;
const number = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i;
const finite = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** OpenMetrics, "Exemplars": label names and values together. */
const exemplarCharactersMax = 128;

/** Null when it is none. */
export function readSampleLine(line: string, dialect: Dialect): Sample | null {
  const named = matchAt(metricName, line, 0);
  if (named === null) return null;
  const labelled = readLabels(line, named.end, dialect);
  if (labelled === null) return null;
  const rest = line.slice(labelled.end);
  return dialect === "open_metrics"
    ? strictTail(named.text, labelled.labels, rest)
    : classicTail(named.text, labelled.labels, rest);
}

export function isNumber(text: string): boolean {
  return number.test(text);
}

function strictTail(name: string, labels: Labels, rest: string): Sample | null {
  const match = /^ (\S+)(?: ([^\s#]\S*))?(?: # (\{.*))?$/.exec(rest);
  if (match === null) return null;
  const [, value = "", timestamp = null, exemplarText] = match;
  if (!isNumber(value) || (timestamp !== null && !finite.test(timestamp))) return null;
  const exemplar = exemplarText === undefined ? null : readExemplar(exemplarText);
  if (exemplarText !== undefined && exemplar === null) return null;
  return { name, labels, value, timestamp, exemplar };
}

function classicTail(name: string, labels: Labels, rest: string): Sample | null {
  const match = /^\s*(\S+)(?:\s+([+-]?\d+))?\s*$/.exec(rest);
  if (match === null) return null;
  const [, value = "", timestamp = null] = match;
  return isNumber(value) ? { name, labels, value, timestamp, exemplar: null } : null;
}

function readExemplar(text: string): Labels | null {
  const labelled = readLabels(text, 0, "open_metrics");
  if (labelled === null) return null;
  const match = /^ (\S+)(?: (\S+))?$/.exec(text.slice(labelled.end));
  if (match === null) return null;
  const [, value = "", timestamp] = match;
  if (!isNumber(value) || (timestamp !== undefined && !finite.test(timestamp))) return null;
  const characters = labelled.labels.reduce(
    (sum, [key, of]) => sum + Array.from(key + of).length,
    0,
  );
  return characters > exemplarCharactersMax ? null : labelled.labels;
}

function readLabels(
  line: string,
  start: number,
  dialect: Dialect,
): { labels: Labels; end: number } | null {
  const open = dialect === "classic" ? line.slice(start).search(/\S/) + start : start;
  if (line[open] !== "{") return { labels: [], end: start };
  const grammar = dialect === "classic" ? classicLabel : label;
  const labels: [string, string][] = [];
  const names = new Set<string>();
  let at = open + 1;
  while (line[at] !== "}") {
    const read = matchAt(grammar, line, at);
    const [name, value] = read?.groups ?? [];
    if (read === null || name === undefined || value === undefined || names.has(name)) {
      // What is left of the brackets may be blanks in the classic format.
      const blanks = dialect === "classic" ? /^\s*\}/.exec(line.slice(at)) : null;
      if (blanks === null) return null;
      return { labels, end: at + blanks[0].length };
    }
    names.add(name);
    labels.push([name, unescaped(value)]);
    at = read.end;
    if (line[at] === ",") {
      at += 1;
      if (dialect === "open_metrics" && line[at] === "}") return null;
    } else if (line[at] !== "}") return null;
  }
  return { labels, end: at + 1 };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([\\"n])/g, (_, character: string) =>
    character === "n" ? "\n" : character,
  );
}

function matchAt(pattern: RegExp, text: string, at: number) {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null
    ? null
    : { text: match[0], groups: match.slice(1), end: at + match[0].length };
}
