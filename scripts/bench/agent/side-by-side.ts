/** Two servers under the same load, in turns: what else the machine does then hits both. */

import { type Load, type Loaded, putLoad } from "./load.ts";

export type Turns = {
  readonly rounds: number;
  readonly seconds: number;
  /** Of the first round, in which also the program is compiled; a fifth of it in the others. */
  readonly warmUpSeconds: number;
};

type Side = { readonly port: number; readonly load: Pick<Load, "connections" | "events"> };

/** Whatever else runs only ever slows: the best of the rounds says what a server can. */
export type Best = { readonly eventsPerSecond: number; readonly p99Ms: number };

export async function inTurns<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  { rounds, seconds, warmUpSeconds }: Turns,
): Promise<Record<Name, Best>> {
  const all = new Map<string, Loaded[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { port, load }] of Object.entries<Side>(sides)) {
      const warmUp = round === 0 ? warmUpSeconds : warmUpSeconds / 5;
      // Ids are new in each round.
      const events = { ...load.events, run: `${load.events.run}${round}` };
      const loaded = await putLoad({ ...load, events, port, seconds, warmUpSeconds: warmUp });
      all.set(name, [...(all.get(name) ?? []), loaded]);
    }
  }
  return Object.fromEntries(
    Object.entries<Side>(sides).map(([name, { load }]) => [
      name,
      bestOf(all.get(name) ?? [], load.events.perRequest),
    ]),
  ) as Record<Name, Best>;
}

function bestOf(loaded: readonly Loaded[], perRequest: number): Best {
  return {
    eventsPerSecond: Math.max(...loaded.map((one) => one.requestsPerSecond)) * perRequest,
    p99Ms: Math.min(...loaded.map((one) => one.p99Ms)),
  };
}

export function measured(
  name: string,
  unit: string,
  [value, limit]: readonly [number, number | null],
) {
  const decimals = unit === "events/s" ? 1 : 100;
  return {
    name,
    value: rounded(value, decimals),
    unit,
    limit: limit === null ? null : rounded(limit, decimals),
    ratio: limit === null ? null : rounded(value / limit, 1000),
  };
}

function rounded(value: number, decimals: number): number {
  return Math.round(value * decimals) / decimals;
}
