/** What 90 days without a way to the collector cost an agent with 2,000 live dimension sets. Takes some minutes. */

import { offline } from "../../test/agent/offline.fixture.ts";
import type { Measured } from "../bench.ts";

const days = 90;
const sets = 2000;
const megabyte = 1_000_000;

export async function offlineBenches(): Promise<Measured[]> {
  const result = await offline({ days, sets });
  if (result.counted !== result.received) {
    throw new Error(`counted ${result.counted}, received ${result.received}`);
  }
  const one = (name: string, value: number, unit: string, limit: number | null = null) => ({
    name: `offline.${name}`,
    value: Math.round(value * 10) / 10,
    unit,
    limit,
    ratio: limit === null ? null : value / limit,
  });
  return [
    one("reports", result.reports, "reports"),
    one("lines", result.lines, "lines"),
    one("state", result.stateBytes / megabyte, "MB", result.sealedBytes / megabyte),
    one("report", result.sealedBytes / result.reports, "bytes"),
    one("line", result.stateBytes / result.lines, "bytes"),
    // Held against the first ten days: what grows with the backlog is the file, not the memory.
    one("rss", result.rssBytesMost / megabyte, "MB", result.rssBytesEarly / megabyte),
    one("look", result.lookMs, "ms"),
  ];
}
