/** Writes small files of the state directory so that a crash leaves the old one or the new one, never a part. */

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const ownerOnly = 0o600;

export function writeWholeFile(path: string, text: string): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, text, { mode: ownerOnly, flush: true });
  renameSync(unfinished, path);
  const directory = openSync(dirname(path), "r");
  try {
    // The name is only sure to be there after this.
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
