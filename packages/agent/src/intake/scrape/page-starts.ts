/** When the counters on a page began, as the page says it: with their process, or each for itself. */

import type { Family } from "./exposition.ts";
import type { Labels } from "./sample-line.ts";

/** No exporter writes an instant in more. */
const startLengthMax = 32;

/** Of processes whose starts have labels of the same names: by the values of these labels; null where they contradict. */
type Processes = { readonly names: readonly string[]; readonly starts: Map<string, string | null> };

export class PageStarts {
  readonly #processes: readonly Processes[];
  readonly #created: ReadonlyMap<string, string>;

  constructor(families: readonly Family[]) {
    this.#processes = processesOf(families);
    this.#created = createdOf(families);
  }

  /** Whether the page tells of no process at all. */
  get isSilent(): boolean {
    return this.#processes.length === 0;
  }

  /** Of every process on the page, as text. */
  processes(): string[] {
    return this.#processes.flatMap(({ starts }) =>
      [...starts.values()].filter((start) => start !== null),
    );
  }

  /** What a series says of itself; null where it does not. */
  created(family: string, labels: Labels): string | null {
    return this.#created.get(seriesKey(family, labels)) ?? null;
  }

  /** Of the one process whose labels the series has too: a page may hold many, and each begins again by itself. */
  process(labels: Labels): string | null {
    const of = new Map(labels);
    const found = this.#processes
      .map(({ names, starts }) => starts.get(JSON.stringify(names.map((name) => of.get(name)))))
      .filter((start) => start !== undefined);
    return found.length === 1 ? (found[0] ?? null) : null;
  }
}

function processesOf(families: readonly Family[]): Processes[] {
  const byNames = new Map<string, Processes>();
  const samples = families
    .filter(({ name }) => name === "process_start_time_seconds")
    .flatMap((family) => family.samples);
  for (const { labels, value } of samples) {
    if (value.length > startLengthMax) continue;
    const ordered = sorted(labels);
    const names = ordered.map(([name]) => name);
    const processes = byNames.get(names.join()) ?? { names, starts: new Map() };
    byNames.set(names.join(), processes);
    const key = JSON.stringify(ordered.map(([, of]) => of));
    const before = processes.starts.get(key);
    processes.starts.set(key, before === undefined || before === value ? value : null);
  }
  return [...byNames.values()];
}

function createdOf(families: readonly Family[]): Map<string, string> {
  return new Map(
    families.flatMap(({ name, type, samples }) =>
      type === "unknown" || type === "gauge"
        ? []
        : samples
            .filter(({ name: of, value }) => {
              return of === `${name}_created` && value.length <= startLengthMax;
            })
            .map(({ labels, value }) => [seriesKey(name, labels), value] as const),
    ),
  );
}

function seriesKey(family: string, labels: Labels): string {
  return `${family} ${JSON.stringify(sorted(labels.filter(([name]) => name !== "le")))}`;
}

export function sorted(labels: Labels): Labels {
  return labels.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
