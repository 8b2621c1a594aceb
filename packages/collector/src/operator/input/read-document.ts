/** A JSON document from a file or standard input, with the place of the first mistake. */

import { readFile } from "node:fs/promises";

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

import type { Desk } from "../command.ts";

/** What a file of `-` is read from. */
export const standardInput = "/dev/stdin";

/** `file` is a path, or {@link standardInput}. */
export async function readDocument(desk: Desk, file: string): Promise<unknown> {
  const bytes = file === standardInput ? await desk.readInput() : await readBytes(file);
  const name = file === standardInput ? "standard input" : file;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new SubmeterError(
      "document_malformed",
      `${name} is no JSON document: ${(cause as Error).message}`,
      "mend it at that place; an editor with JSON support shows it",
      { cause },
    );
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new SubmeterError(
      "file_unreadable",
      `${file} cannot be read: ${(cause as Error).message}`,
      "check the path and that you may read it; - reads standard input",
      { cause },
    );
  }
}
