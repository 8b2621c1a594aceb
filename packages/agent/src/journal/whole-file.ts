/** Writes small files of the state directory so that a crash leaves the old one or the new one, never a part. */

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const ownerOnly = 0o600;

export function writeWholeFile(path: string, text: string): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, text, { mode: ownerOnly, flush: true });
  renameSync(unfinished, path);
  syncNames(dirname(path));
}

/** Which files there are in a folder is only sure after this. */
export function syncNames(folder: string): void {
  const directory = openSync(folder, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
