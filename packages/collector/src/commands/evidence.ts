/** `submeter-collector evidence-export` and `evidence-drop`: months of signed bytes, as files that outlive the database. */

import { secondsPerDay } from "@submeter/shared/time/instant";
import { ConfigurationError, readEvidenceRetentionYears, readMasterKeys } from "../config.ts";
import { dropMonths, exportMonths, type MonthOutcome } from "../evidence/export-months.ts";
import { loadIdentity } from "../fleet/collector-identity.ts";
import { resolveMasterKey } from "../fleet/master-keys.ts";
import type { Database } from "../store/database.ts";
import { atTheMachine, type Surroundings, type Told, withDatabase } from "./maintenance.ts";
import { progressOn } from "./progress.ts";

export type MonthFlags = { before: string; folder: string; dryRun: boolean };

export async function exportEvidence(surroundings: Surroundings, flags: MonthFlags): Promise<Told> {
  const progress = progressOn(surroundings.screen, "exporting");
  const outcomes = await withDatabase(surroundings, async (database) => {
    const context = await contextOf(surroundings, database);
    const order = { ...flags, before: monthOf(flags.before), onMonth: progress.show };
    return exportMonths(context, atTheMachine, order);
  }).finally(() => progress.end());
  return told(outcomes, flags, "There is no month before that one to export.");
}

export async function dropEvidence(
  surroundings: Surroundings,
  flags: MonthFlags & { reason: string },
): Promise<Told> {
  const progress = progressOn(surroundings.screen, "reading again");
  const years = readEvidenceRetentionYears(surroundings.environment);
  const outcomes = await withDatabase(surroundings, async (database) => {
    const context = await contextOf(surroundings, database);
    const order = {
      ...flags,
      before: monthOf(flags.before),
      retentionSeconds: Math.ceil(years * 365.25) * secondsPerDay,
      onMonth: progress.show,
    };
    return dropMonths(context, atTheMachine, order);
  }).finally(() => progress.end());
  return told(outcomes, flags, "There is no month before that one in the database.");
}

async function contextOf({ environment, clock, random }: Surroundings, database: Database) {
  const masterKey = await resolveMasterKey(database, readMasterKeys(environment), clock.now());
  const ids = () => Buffer.from(random(16)).toString("hex");
  const identity = await loadIdentity({ database, masterKey, clock, ids, random });
  return { database, clock, identity };
}

/** `2026-01` as its first day. */
function monthOf(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return `${text}-01`;
  throw new ConfigurationError(
    "month_malformed",
    `--before ${JSON.stringify(text)} is no month`,
    "write it like 2026-01: the months before it are meant",
  );
}

function told(outcomes: readonly MonthOutcome[], { dryRun }: MonthFlags, nothing: string): Told {
  const words = {
    exported: dryRun ? "would be exported" : "exported",
    exported_already: "exported already",
    dropped: dryRun ? "would be dropped" : "dropped",
    kept: "kept",
  };
  const lines = outcomes.map(({ month, outcome, reports, why }) => {
    const reason = why === undefined ? "" : `: ${why}`;
    return `${month.slice(0, 7)}  ${words[outcome]}, ${reports} reports${reason}\n`;
  });
  return {
    answer: {
      months: outcomes.map((one) => ({ ...one, month: one.month.slice(0, 7) })),
      dry_run: dryRun,
    },
    text: lines.length === 0 ? `${nothing}\n` : lines.join(""),
  };
}
