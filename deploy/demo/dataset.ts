/** The demo's input: who used what in which ten minutes, read from a folder of ServeGen's shape. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { allocateByLargestRemainder } from "@submeter/shared/numbers/allocate";
import { secondsPerHour } from "@submeter/shared/time/instant";

/** Counts of one customer in ten minutes that start `second` seconds after the data's own start. */
export type Slot = { second: number; requests: bigint; inputTokens: bigint; outputTokens: bigint };

type UsageTotals = { requests: bigint; inputTokens: bigint; outputTokens: bigint };

/** One client of one model, which is one customer. `slots` in order of time. */
export type CustomerUsage = { id: string; name: string; model: string; slots: Slot[] };

export type Dataset = {
  customers: CustomerUsage[];
  /** The columns' own sums, taken from the files and not from the slots. */
  totals: UsageTotals;
  /** The end of the last window, in seconds from the start. */
  seconds: number;
};

const requestWindowSeconds = 600;
const tokenWindowSeconds = 6 * secondsPerHour;

type RowKey = { model: string; client: string; second: number };
type RequestRow = RowKey & { requests: bigint };
type TokenRow = RowKey & { input: bigint; output: bigint };

/**
 * Reads `requests_10min.csv[.gz]` and `tokens_6h.csv[.gz]`. The tokens of six hours are spread over the requests of those
 * hours by largest remainder, or lie in the first hour where there are none. Throws `dataset_unreadable`.
 */
export async function readDataset(folder: string): Promise<Dataset> {
  const requestRows = (await readRows(folder, "requests_10min", 1)).map(
    ({ key, numbers }): RequestRow => ({ ...key, requests: numbers[0] ?? 0n }),
  );
  const tokenRows = (await readRows(folder, "tokens_6h", 3)).map(({ key, numbers }): TokenRow => ({
    ...key,
    input: numbers[1] ?? 0n,
    output: numbers[2] ?? 0n,
  }));
  const ends = [
    ...requestRows.map(({ second }) => second + requestWindowSeconds),
    ...tokenRows.map(({ second }) => second + tokenWindowSeconds),
  ];
  return {
    customers: customersOf(requestRows, tokenRows),
    totals: {
      requests: total(requestRows.map((row) => row.requests)),
      inputTokens: total(tokenRows.map((row) => row.input)),
      outputTokens: total(tokenRows.map((row) => row.output)),
    },
    seconds: ends.reduce((latest, end) => Math.max(latest, end), 0),
  };
}

function customersOf(requestRows: RequestRow[], tokenRows: TokenRow[]): CustomerUsage[] {
  const keyOf = ({ model, client }: RowKey) => `${model}-${client}`;
  const requests = Map.groupBy(requestRows, keyOf);
  const tokens = Map.groupBy(tokenRows, keyOf);
  const taken = new Set<string>();
  return [...new Set([...requests.keys(), ...tokens.keys()])]
    .toSorted(byNameAndNumber)
    .map((key) => {
      const own = requests.get(key) ?? [];
      const { model, client } = own[0] ?? tokens.get(key)?.[0] ?? { model: "", client: "" };
      const id = uniqueId(key, taken);
      return {
        id,
        name: `Customer ${client} of ${model}`,
        model,
        slots: slotsOf(own, tokens.get(key) ?? []),
      };
    });
}

/** Ids of customers and installations are short names in lower case. */
function uniqueId(key: string, taken: Set<string>): string {
  const plain = key
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const base = plain.slice(0, 56) || "customer";
  let id = base;
  for (let next = 2; taken.has(id); next += 1) id = `${base}-${next}`;
  taken.add(id);
  return id;
}

function slotsOf(requestRows: RequestRow[], tokenRows: TokenRow[]): Slot[] {
  const slots = new Map<number, Slot>();
  const slotAt = (second: number): Slot => {
    const slot = slots.get(second) ?? { second, requests: 0n, inputTokens: 0n, outputTokens: 0n };
    slots.set(second, slot);
    return slot;
  };
  for (const row of requestRows) slotAt(row.second).requests += row.requests;
  for (const row of tokenRows) spread(row, requestRows, slotAt);
  return [...slots.values()].toSorted((a, b) => a.second - b.second);
}

function spread(row: TokenRow, requestRows: RequestRow[], slotAt: (second: number) => Slot): void {
  const inWindow = requestRows.filter(
    ({ second, requests }) =>
      requests > 0n && second >= row.second && second < row.second + tokenWindowSeconds,
  );
  const places = inWindow.length > 0 ? inWindow : [{ second: row.second, requests: 1n }];
  const weights = places.map((place) => place.requests);
  const input = allocateByLargestRemainder(row.input, weights);
  const output = allocateByLargestRemainder(row.output, weights);
  for (const [index, place] of places.entries()) {
    const slot = slotAt(place.second);
    slot.inputTokens += input[index] ?? 0n;
    slot.outputTokens += output[index] ?? 0n;
  }
}

/** Rows of model, client, window_start_s and so many whole numbers. */
async function readRows(
  folder: string,
  name: string,
  count: number,
): Promise<{ key: RowKey; numbers: bigint[] }[]> {
  const text = await readText(folder, name);
  return text
    .split("\n")
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .slice(1)
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => {
      const [model = "", client = "", second = "", ...counts] = line.split(",");
      if (
        counts.length !== count ||
        ![second, ...counts].every((text) => /^\d{1,18}$/.test(text))
      ) {
        throw unreadable(folder, `${name}.csv has a malformed line ${number}`);
      }
      return { key: { model, client, second: Number(second) }, numbers: counts.map(BigInt) };
    });
}

async function readText(folder: string, name: string): Promise<string> {
  try {
    return gunzipSync(await readFile(join(folder, `${name}.csv.gz`))).toString("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw unreadable(folder, `${name}.csv.gz cannot be read`, error);
    }
  }
  try {
    return await readFile(join(folder, `${name}.csv`), "utf8");
  } catch (error) {
    throw unreadable(folder, `there is neither ${name}.csv.gz nor ${name}.csv`, error);
  }
}

function unreadable(folder: string, what: string, cause?: unknown): SubmeterError {
  return new SubmeterError(
    "dataset_unreadable",
    `${folder}: ${what}`,
    "name a folder with requests_10min.csv.gz and tokens_6h.csv.gz (or the same files without .gz); deploy/demo/data/README.md lists their columns",
    { cause },
  );
}

function byNameAndNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function total(values: bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}
