/**
 * What the collector promises about a large fleet on one box. Everything is real: the collector in a process of its own,
 * PostgreSQL with fsync, reports signed before measuring, all of it and the load on the same two cores.
 *
 * Flags, for development: `--installations=`, `--seconds=` (of one round), `--rounds=`, `--lines=` (stored, for decay),
 * `--herd=` (installations), `--only=NAME,…` (benches, or the starts of their names).
 */

import type { Measured } from "../bench.ts";
import { readingBenches } from "./collector/reading.ts";
import { herdBench } from "./collector/herd.ts";
import { ingestBenches } from "./collector/ingest.ts";
import { onTwoCores } from "./collector/two-cores.ts";

export type Sizes = {
  readonly installations: number;
  readonly secondsOfRound: number;
  readonly rounds: number;
  readonly storedLines: number;
  readonly herd: number;
};

/** Each family measures what `wanted` says of its names. */
export type Family = (
  sizes: Sizes,
  wanted: (name: string) => boolean,
) => Promise<readonly Measured[]>;

const families: readonly Family[] = [ingestBenches, herdBench, readingBenches];

export async function collectorBenches(flags: readonly string[]): Promise<readonly Measured[]> {
  const flag = (name: string): string | null =>
    flags.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3) ?? null;
  const size = (name: string, usual: number): number => Number(flag(name) ?? usual);
  const sizes = {
    installations: size("installations", 20_000),
    secondsOfRound: size("seconds", 4),
    rounds: size("rounds", 4),
    storedLines: size("lines", 10_000_000),
    herd: size("herd", 5000),
  };
  const only = (flag("only") ?? "").split(",");
  const wanted = (name: string) => only.some((start) => name.startsWith(`collector.${start}`));
  onTwoCores();
  const measured: Measured[] = [];
  for (const family of families) {
    measured.push(...(await family(sizes, wanted)));
  }
  return measured;
}
