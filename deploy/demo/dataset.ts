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
export type CustomerUsage = { id: string; model: string; slots: Slot[] };

export type Dataset = {
  customers: CustomerUsage[];
  /** The columns' own sums, taken from the files and not from the slots. */
  totals: UsageTotals;
  /** The end of the last window, in seconds from the start. */
  seconds: number;
};

const requestWindowSeconds = 600;
const tokenWindowSeconds = 6 * secondsPerHour;

type RequestRow = { customer: string; model: string; second: number; requests: bigint };
type TokenRow = { customer: string; model: string; second: number; input: bigint; output: bigint };

/**
 * Reads `requests_10min.csv[.gz]` and `tokens_6h.csv[.gz]`. The tokens of six hours are spread over the requests of those
 * hours by largest remainder, or lie in the first hour where no request was published. Throws `dataset_unreadable`.
 */
export async function readDataset(folder: string): Promise<Dataset> {
  const requestRows = (await readRows(folder, "requests_10min")).map(
    ([model, client, second, requests]): RequestRow => ({
      customer: customerId(model, client),
      model: model ?? "",
      second: Number(second),
      requests: BigInt(requests ?? ""),
    }),
  );
  const tokenRows = (await readRows(folder, "tokens_6h")).map(
    ([model, client, second, , input, output]): TokenRow => ({
      customer: customerId(model, client),
      model: model ?? "",
      second: Number(second),
      input: BigInt(input ?? ""),
      output: BigInt(output ?? ""),
    }),
  );
  return {
    customers: customersOf(requestRows, tokenRows),
    totals: {
      requests: total(requestRows.map((row) => row.requests)),
      inputTokens: total(tokenRows.map((row) => row.input)),
      outputTokens: total(tokenRows.map((row) => row.output)),
    },
    seconds: Math.max(
      ...requestRows.map((row) => row.second + requestWindowSeconds),
      ...tokenRows.map((row) => row.second + tokenWindowSeconds),
    ),
  };
}

function customersOf(requestRows: RequestRow[], tokenRows: TokenRow[]): CustomerUsage[] {
  const requests = Map.groupBy(requestRows, (row) => row.customer);
  const tokens = Map.groupBy(tokenRows, (row) => row.customer);
  return [...new Set([...requests.keys(), ...tokens.keys()])]
    .toSorted(byNameAndNumber)
    .map((id) => {
      const own = requests.get(id) ?? [];
      const model = (own[0] ?? tokens.get(id)?.[0])?.model ?? "";
      return { id, model, slots: slotsOf(own, tokens.get(id) ?? []) };
    });
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
    ({ second }) => second >= row.second && second < row.second + tokenWindowSeconds,
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

async function readRows(folder: string, name: string): Promise<string[][]> {
  const text = await readFile(join(folder, `${name}.csv.gz`))
    .then((bytes) => gunzipSync(bytes).toString("utf8"))
    .catch(() => readFile(join(folder, `${name}.csv`), "utf8"))
    .catch((cause: unknown) => {
      throw new SubmeterError(
        "dataset_unreadable",
        `${name}.csv.gz cannot be read in ${folder}`,
        "name a folder with requests_10min.csv.gz and tokens_6h.csv.gz (or the same files without .gz)",
        { cause },
      );
    });
  return text
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(","));
}

function customerId(model: string | undefined, client: string | undefined): string {
  return `${model}-${client}`;
}

function byNameAndNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function total(values: bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}
