/**
 * Files of journals that were replaced because they could not be read or were gone. They stay until a person moves them away,
 * and as long as they are there the agent says so.
 */

import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { syncNames, writeWholeFile } from "./whole-file.ts";

const log = "-wal";

/** What is being made to take the journal's place. */
export function unfinishedOf(journalPath: string): string {
  return `${journalPath}.unfinished`;
}

/** What is ready to take the journal's place; it exists only whole: there may be no old file whose place says that it is not. */
function successorOf(journalPath: string): string {
  return `${journalPath}.next`;
}

/** Names of the files that a person should look at, in the order in which they were set aside. */
export function keptAside(journalPath: string): string[] {
  return numberedAside(journalPath)
    .filter(({ name }) => !name.endsWith(log))
    .map(({ name }) => name);
}

/** Each has a greater number than all that were there before it, of whatever kind; logs have that of their file. */
function numberedAside(journalPath: string): { name: string; number: number }[] {
  const kept = new RegExp(
    `^${basename(journalPath).replaceAll(".", "\\.")}\\.(?:corrupt|lost)-(\\d+)(?:${log})?$`,
  );
  try {
    return readdirSync(dirname(journalPath))
      .flatMap((name) => {
        const number = kept.exec(name)?.[1];
        return number === undefined ? [] : [{ name, number: Number(number) }];
      })
      .toSorted((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** Moves the old file aside and what was made into its place, each step so that {@link finishMove} can go on after a crash. */
export function replaceFile(journalPath: string): string {
  const isThere = existsSync(journalPath);
  const aside = freeName(journalPath, isThere ? "corrupt" : "lost");
  if (!isThere) writeWholeFile(aside, "the journal's file was gone when the agent started\n");
  renameSync(unfinishedOf(journalPath), successorOf(journalPath));
  // The successor must be sure of its name before the old file loses the one that it has.
  syncNames(dirname(journalPath));
  if (isThere) renameSync(journalPath, aside);
  finishMove(journalPath);
  return aside;
}

/** Does nothing when there is nothing to finish. An unfinished successor goes: the old file is still in its place. */
export function finishMove(journalPath: string): void {
  const successor = successorOf(journalPath);
  if (!existsSync(successor)) return;
  if (existsSync(journalPath)) {
    for (const path of [successor, successor + log]) rmSync(path, { force: true });
    return;
  }
  // Its log must not be read into the file that comes now.
  const left = journalPath + log;
  const aside = keptAside(journalPath).at(-1);
  if (existsSync(left)) {
    if (aside === undefined) rmSync(left);
    else renameSync(left, join(dirname(journalPath), aside) + log);
  }
  // The old file must be sure of its new name before another takes the one that it had.
  syncNames(dirname(journalPath));
  renameSync(successor, journalPath);
  syncNames(dirname(journalPath));
}

/** A journal's file that is not there, or has nothing in it. */
export function isGone(journalPath: string): boolean {
  return !existsSync(journalPath) || statSync(journalPath).size === 0;
}

function freeName(journalPath: string, why: "corrupt" | "lost"): string {
  const newest = numberedAside(journalPath).at(-1)?.number ?? 0;
  return `${journalPath}.${why}-${newest + 1}`;
}
