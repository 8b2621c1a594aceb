/** The journal's name beside its file: when the file is gone or cannot be read, what replaces it can still say what it replaces. */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeWholeFile } from "./whole-file.ts";

const fileName = "journal.name";
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Null when there never was a journal here, or the file says none. */
export function rememberedName(journalPath: string): string | null {
  try {
    const text = readFileSync(nameFile(journalPath), "utf8").trim();
    return uuid.test(text) ? text : null;
  } catch {
    return null;
  }
}

/** A disk that is full or read-only must not keep the agent from starting: false then. */
export function rememberName(journalPath: string, journal: string): boolean {
  if (journalPath === ":memory:" || rememberedName(journalPath) === journal) return true;
  try {
    writeWholeFile(nameFile(journalPath), `${journal}\n`);
    return true;
  } catch {
    return false;
  }
}

function nameFile(journalPath: string): string {
  return join(dirname(journalPath), fileName);
}
