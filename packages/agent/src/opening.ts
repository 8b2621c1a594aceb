/** Opens the state directory, and goes on from what is left of a journal that cannot be read: neither a crash loop nor a silent beginning. */

import { existsSync, rmSync, writeFileSync } from "node:fs";
import type { Logger } from "pino";
import { journalError } from "./journal/database.ts";
import { rememberName } from "./journal/journal-name.ts";
import { type Journal, openJournal } from "./journal/journal.ts";
import type { NewJournal, Replaces } from "./journal/journals-table.ts";
import { isCorrupt, isCorruption, isLost, recover } from "./journal/recovery.ts";
import { finishMove, keptAside } from "./journal/set-aside.ts";

export type Opening = {
  readonly path: string;
  readonly newJournal: (replaces: Replaces | null) => NewJournal;
  readonly log: Logger;
};

/** `use` begins the work on the journal; once more, with a new one, when it finds the old one corrupt. Throws SubmeterErrors. */
export async function withJournal<Result>(
  opening: Opening,
  use: (journal: Journal) => Promise<Result>,
): Promise<Result> {
  const { path } = opening;
  finishMove(path);
  if (isLost(path) || (isSuspected(path) && isCorrupt(path))) replace(opening);
  forgetSuspicion(path);
  try {
    return await attempt(opening, use);
  } catch (error) {
    if (!isCorruption(causeOf(error))) throw error;
    replace(opening);
    return attempt(opening, use);
  }
}

async function attempt<Result>(
  { path, log }: Opening,
  use: (journal: Journal) => Promise<Result>,
): Promise<Result> {
  const journal = openJournal(path);
  try {
    const result = await use(journal);
    for (const file of keptAside(path)) {
      log.error(
        { file },
        "a journal was replaced: give this file to the vendor, then move it away",
      );
    }
    return result;
  } catch (error) {
    journal.close();
    throw journalError(path, error);
  }
}

function replace(opening: Opening): void {
  const { path, log } = opening;
  try {
    const recovery = recover(path, opening.newJournal);
    log.fatal(
      { ...recovery },
      "the journal cannot be read: it is set aside, and counting goes on in a new one that replaces it",
    );
  } catch (error) {
    throw journalError(path, error);
  }
}

/** After a run that ended on corruption: the next start reads the whole file before it uses it. */
export function suspect(path: string): void {
  try {
    writeFileSync(suspicion(path), "");
  } catch {
    // The next start finds out when it comes across the page.
  }
}

/** The name of the journal that counts now, kept beside the file. */
export function keepName({ path, journals }: Pick<Journal, "path" | "journals">): void {
  const current = journals.current();
  if (current !== null) rememberName(path, current.journal);
}

function isSuspected(path: string): boolean {
  return path !== ":memory:" && existsSync(suspicion(path));
}

function forgetSuspicion(path: string): void {
  if (isSuspected(path)) rmSync(suspicion(path), { force: true });
}

function suspicion(path: string): string {
  return `${path}.suspect`;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
