/** What a report says of the agent itself, so that the vendor can help without access. */

import { statfsSync } from "node:fs";
import type { Report } from "@submeter/shared/wire/report";
import type { Journal } from "../journal/journal.ts";

export const agentVersion = "0.1.0";

export function agentFacts(
  journal: Journal,
  clockSkewMs: number | null,
  directory: string,
): Report["agent"] {
  return {
    version: agentVersion,
    clock_skew_ms: clockSkewMs,
    backlog: journal.reports.backlog().reports,
    disk_free_bytes: diskFreeBytes(directory),
  };
}

function diskFreeBytes(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}
