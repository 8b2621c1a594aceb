/** Entries of the audit log for a pack: those that name another customer, or are of its time, show that they are there. */

import type { ChainedEntry } from "@submeter/shared/evidence/audit-chain";
import { parseInstant } from "@submeter/shared/time/instant";
import type { WhoseHours } from "./whose-hours.ts";

export type PackedEntry =
  | ChainedEntry
  | (Pick<ChainedEntry, "number" | "previous" | "hash" | "at" | "action" | "subject"> & {
      readonly withheld: true;
    });

export function packedEntry(whose: WhoseHours, entry: ChainedEntry): PackedEntry {
  if (!concernsOthers(whose, entry)) return entry;
  const { number, previous, hash, at, action, subject } = entry;
  return { number, previous, hash, at, action, subject, withheld: true };
}

function concernsOthers(whose: WhoseHours, entry: ChainedEntry): boolean {
  const texts = [entry.before, entry.after].flatMap((text) =>
    text === null ? [] : textsIn(JSON.parse(text) as unknown),
  );
  if (texts.some((text) => whose.others.has(text))) return true;
  const [, installation] =
    /^(?:installation|journal|report|shutdown):([^/]+)/.exec(entry.subject) ?? [];
  if (installation === undefined) return false;
  const at = parseInstant(entry.at);
  if (whose.isShared(installation)) return whose.hasOthers(installation) && entry.reason !== null;
  return whose.touchesOthers(installation, at, at + 1);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
