/** The exported audit log: one entry a line, as JSON, in the order of the chain. */

import { open } from "node:fs/promises";
import type { ChainedEntry } from "@submeter/shared/evidence/audit-chain";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";

import { CommandLineError } from "../../command-line-error.ts";

export function chainLine(entry: ChainedEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** Line by line: a log of years need not fit into memory. Throws `file_unreadable`, `audit_file_malformed`. */
export async function* readChainFile(path: string): AsyncGenerator<ChainedEntry> {
  const file = await open(path).catch((cause: unknown) => {
    throw new SubmeterError(
      "file_unreadable",
      `${path} cannot be read: ${(cause as Error).message}`,
      "check the path and that you may read it",
      { cause },
    );
  });
  let line = 0;
  for await (const text of file.readLines()) {
    line += 1;
    yield entryOf(text, path, line);
  }
}

/** Throws `file_exists`, `file_unwritable`. */
export async function writeChainFile(
  path: string,
  entries: readonly ChainedEntry[],
): Promise<void> {
  const file = await open(path, "wx", 0o600).catch((cause: unknown) => {
    const taken = (cause as NodeJS.ErrnoException).code === "EEXIST";
    throw new CommandLineError(
      taken ? "file_exists" : "file_unwritable",
      taken ? `${path} is there already` : `${path} cannot be created: ${(cause as Error).message}`,
      taken
        ? "give another --out: an exported log is never overwritten"
        : "give a path where you may write",
    );
  });
  try {
    for (const entry of entries) await file.write(chainLine(entry));
    await file.sync();
  } finally {
    await file.close();
  }
}

function entryOf(text: string, path: string, line: number): ChainedEntry {
  try {
    const value = JSON.parse(text) as ChainedEntry;
    if (typeof value === "object" && value !== null && Number.isSafeInteger(value.number)) {
      return value;
    }
  } catch {
    // Said below, as of whatever else is no entry.
  }
  throw new SubmeterError(
    "audit_file_malformed",
    `line ${line} of ${path} is no entry of an audit log`,
    "give a file that `submeter audit export` wrote, as it was written",
  );
}
