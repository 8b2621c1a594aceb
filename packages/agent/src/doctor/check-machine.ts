/** The machine as the agent finds it: its folder, who may read its secrets, and how much room is left. */

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { sizeText } from "../commands/wording.ts";
import { journalFile } from "../config.ts";
import { diskFreeBytes, journalBytes } from "../journal/state-directory.ts";
import { type Finding, fault, skipped, warning, well } from "./finding.ts";

/** Below the first nothing may be counted soon; the second holds months of backlog. */
const freeBytesLeast = 64 * 1024 * 1024;
const freeBytesRoomy = 1024 * 1024 * 1024;

export function checkState(directory: string): Finding {
  const there = existsSync(directory);
  const needed = there ? directory : nearest(directory);
  try {
    accessSync(needed, constants.W_OK | constants.X_OK);
  } catch {
    return fault(
      "state",
      `${needed} cannot be written by this user`,
      "run this as the agent's user, or give it the folder (chown), or set SUBMETER_AGENT_STATE to another",
    );
  }
  if (!there) return well("state", `${directory} is not there yet, and can be made`);
  const journal = journalFile(directory);
  return existsSync(journal)
    ? well("state", `the journal is ${journal} (${sizeText(journalBytes(journal) ?? 0)})`)
    : well("state", `${directory} is ready; nothing was counted in it yet`);
}

/** `more`: files of secrets that the configuration names. */
export function checkSecrets(directory: string, more: readonly string[]): Finding {
  const open = [
    directory,
    journalFile(directory),
    join(directory, "pseudonym.key"),
    ...more,
  ].filter((path) => isReadableByOthers(path));
  const [first] = open;
  if (first === undefined)
    return well("secrets", "nobody but the agent's user may read its secrets");
  return fault(
    "secrets",
    `others may read ${open.join(", ")}`,
    `take it from them: chmod go-rwx ${open.join(" ")}`,
  );
}

export function checkDisk(
  directory: string,
  freeBytesOf: (directory: string) => number | null = diskFreeBytes,
): Finding {
  const free = freeBytesOf(existsSync(directory) ? directory : nearest(directory));
  if (free === null) return skipped("disk", "how much is free cannot be told here");
  const detail = `${sizeText(free)} free where the journal lies`;
  const hint = "free space there, or move SUBMETER_AGENT_STATE to a larger disk";
  if (free < freeBytesLeast) {
    return fault("disk", `${detail}: when it is full, events are refused with 503`, hint);
  }
  return free < freeBytesRoomy ? warning("disk", detail, hint) : well("disk", detail);
}

function isReadableByOthers(path: string): boolean {
  try {
    return (statSync(path).mode & 0o077) !== 0;
  } catch {
    return false;
  }
}

function nearest(path: string): string {
  const above = dirname(path);
  return existsSync(above) || above === path ? above : nearest(above);
}
