/** A trace of real requests: one row a request, as events for the agent and as the totals that must come out. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatInstant, parseInstant } from "@submeter/shared/time/instant";

const ownFolder = join(import.meta.dirname, "data/llm-azure-2023");

export type Totals = { requests: bigint; input_tokens: bigint; output_tokens: bigint };

export type Trace = {
  readonly file: string;
  /** Lines of NDJSON, three facts a request, under one id. */
  readonly events: readonly string[];
  readonly total: Totals;
  /** By the start of the hour. */
  readonly byHour: ReadonlyMap<string, Totals>;
  /** The start of the first event's day, and the end of the last one's. */
  readonly firstDay: string;
  readonly endDay: string;
};

/** Reads the one .csv of `SUBMETER_TRACE_DIR`, or of the project's own copy. Columns: TIMESTAMP, ContextTokens, GeneratedTokens. */
export function readTrace(): Trace {
  const folder = process.env["SUBMETER_TRACE_DIR"] ?? ownFolder;
  const [name, ...others] = readdirSync(folder).filter((entry) => entry.endsWith(".csv"));
  if (name === undefined || others.length > 0) {
    throw new Error(`${folder} must hold exactly one .csv`);
  }
  const rows = readFileSync(join(folder, name), "utf8")
    .split(/\r?\n/)
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => line.split(",") as [string, string, string]);
  const total = nothing();
  const byHour = new Map<string, Totals>();
  const events: string[] = [];
  for (const [index, [timestamp, input, output]] of rows.entries()) {
    const time = `${timestamp.replace(" ", "T")}Z`;
    const hour = `${time.slice(0, 13)}:00:00Z`;
    const inHour = byHour.get(hour) ?? nothing();
    byHour.set(hour, inHour);
    const facts = { requests: 1n, input_tokens: BigInt(input), output_tokens: BigInt(output) };
    for (const [meter, quantity] of Object.entries(facts)) {
      const key = meter as keyof Totals;
      total[key] += quantity;
      inHour[key] += quantity;
      const id = `request-${index + 1}`;
      const event = { meter, quantity: quantity.toString(), time, source: "trace", id };
      events.push(`${JSON.stringify(event)}\n`);
    }
  }
  const hours = [...byHour.keys()].toSorted();
  const firstDay = `${hours[0]?.slice(0, 10)}T00:00:00Z`;
  const endDay = formatInstant(parseInstant(`${hours.at(-1)?.slice(0, 10)}T00:00:00Z`) + 86_400);
  return { file: join(folder, name), events, total, byHour, firstDay, endDay };
}

function nothing(): Totals {
  return { requests: 0n, input_tokens: 0n, output_tokens: 0n };
}
