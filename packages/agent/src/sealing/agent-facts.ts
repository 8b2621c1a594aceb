/** What a report says of the agent itself, so that the vendor can help without access. */

import type { Report } from "@submeter/shared/wire/report";
import type { Journal } from "../journal/journal.ts";

export const agentVersion = "0.1.0";

/** `diskFreeBytes`: of the file system that holds the journal; null when it cannot be told. */
export function agentFacts(
  journal: Journal,
  clockSkewMs: number | null,
  diskFreeBytes: number | null,
): Report["agent"] {
  return {
    version: agentVersion,
    clock_skew_ms: clockSkewMs,
    backlog: journal.reports.backlog().reports,
    disk_free_bytes: diskFreeBytes,
  };
}
