/** The folder that belongs to one installation's agent: the journal, and the secret of its pseudonyms. */

import { accessSync, constants, mkdirSync, readFileSync, statSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { writeWholeFile } from "./whole-file.ts";

const secretBytes = 32;

/** Makes the folder, for its owner alone, when it is not there. Throws `state_unwritable`. */
export function prepareStateDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(directory, error);
  }
}

/** What is left for this user on the file system of the folder; null when it cannot be told. */
export function diskFreeBytes(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Of the journal's file and its log; null when it cannot be told. */
export function journalBytes(path: string): number | null {
  try {
    const [file, log] = [path, `${path}-wal`].map((one) =>
      statSync(one, { throwIfNoEntry: false }),
    );
    return file === undefined ? null : file.size + (log?.size ?? 0);
  } catch {
    return null;
  }
}

/** The secret survives the journal, so that a person keeps one pseudonym. Made at first use. Throws `state_unwritable`. */
export function pseudonymSecret(
  directory: string,
  random: (count: number) => Uint8Array,
): Uint8Array {
  const path = join(directory, "pseudonym.key");
  try {
    const known = readSecret(path);
    if (known !== null) return known;
    const secret = random(secretBytes);
    writeWholeFile(path, `${Buffer.from(secret).toString("base64url")}\n`);
    return secret;
  } catch (error) {
    if (error instanceof SubmeterError) throw error;
    throw unwritable(directory, error);
  }
}

function readSecret(path: string): Uint8Array | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const secret = Buffer.from(text.trim(), "base64url");
  if (secret.length === secretBytes) return secret;
  throw new SubmeterError(
    "pseudonym_key_malformed",
    `${path} does not hold a key of ${secretBytes} bytes`,
    "put the file back from a backup; without it every pseudonym changes",
  );
}

function unwritable(directory: string, error: unknown): SubmeterError {
  const { code } = error as NodeJS.ErrnoException;
  return new SubmeterError(
    "state_unwritable",
    `the agent cannot keep its state in ${directory} (${code ?? String(error)})`,
    "set SUBMETER_AGENT_STATE to a folder that the agent's user may write",
    { cause: error },
  );
}
