/** `submeter-collector backup` and `restore`. */

import { restoreBackup } from "../backup/restore-backup.ts";
import { writeBackup } from "../backup/write-backup.ts";
import { readDatabaseUrl } from "../config.ts";
import { atTheMachine, type Surroundings, type Told } from "./maintenance.ts";
import { progressOn } from "./progress.ts";

export async function backupCommand(
  { environment, clock, screen }: Surroundings,
  { out }: { out: string },
): Promise<Told> {
  const progress = progressOn(screen, "backing up");
  const made = await writeBackup({
    databaseUrl: readDatabaseUrl(environment),
    file: out,
    now: clock.now(),
    onProgress: progress.show,
  }).finally(() => progress.end());
  return {
    answer: made,
    text: `${made.file} holds ${made.rows} rows of ${made.tables} tables, as of one instant.\nIt is of no use without the master key, and holds everything else: keep the two apart.\n`,
  };
}

export async function restoreCommand(
  { environment, clock, screen }: Surroundings,
  { file }: { file: string },
): Promise<Told> {
  const progress = progressOn(screen, "restoring");
  const restored = await restoreBackup({
    databaseUrl: readDatabaseUrl(environment),
    file,
    now: clock.now(),
    who: atTheMachine.name,
    onProgress: progress.count,
  }).finally(() => progress.end());
  const migrated =
    restored.migrated.length === 0
      ? ""
      : `The schema was brought to ${restored.migrated.at(-1)}.\n`;
  return {
    answer: restored,
    text: `${restored.rows} rows of ${restored.tables} tables are as they were at ${restored.made_at}.\n${migrated}Start the collector on it with the master key of that time. Agents send again by themselves what came after.\n`,
  };
}
