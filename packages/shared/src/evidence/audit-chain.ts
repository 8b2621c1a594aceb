/** The audit log's chain: what is hashed of an entry, and how a whole log is verified, entry by entry. */

import { digestHex } from "../wire/digest.ts";

/** An entry as it is exported: `before` and `after` are the texts that were hashed, not what they say. */
export type ChainedEntry = {
  readonly number: number;
  /** Of the entry before; null for the first. */
  readonly previous: string | null;
  readonly hash: string;
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
};

/** An entry of the log and the hash of everything up to it: what a person writes down to hold the log against later. */
export type ChainHead = { readonly number: number; readonly hash: string };

export type ChainFault = {
  /** The first entry that does not fit. */
  readonly number: number;
  readonly code: "entry_altered" | "entry_missing" | "entry_unlinked" | "head_differs";
  readonly detail: string;
};

export type ChainVerdict =
  | { readonly kind: "intact"; readonly entries: number; readonly head: ChainHead | null }
  | ({ readonly kind: "broken" } & ChainFault);

const encoder = new TextEncoder();

/** SHA-256 over netstrings: `<length in bytes>:<value>,` for each value in order, `-,` for one that is absent. */
export function entryHash(entry: Omit<ChainedEntry, "hash">): string {
  const { number, previous, at, who, action, subject, reason, before, after } = entry;
  const fields = ["submeter-audit-1", String(number), previous, at, who, action, subject];
  return digestHex(encoder.encode([...fields, reason, before, after].map(netstring).join("")));
}

/** Takes entries in order from the first; the first that does not fit is named, and what comes after it is not looked at. */
export function chainVerifier(known: readonly ChainHead[] = []) {
  let head: ChainHead | null = null;
  let fault: ChainFault | null = null;

  const take = (entry: ChainedEntry): ChainFault | null => {
    fault ??= faultOf(entry, head, known);
    if (fault === null) head = { number: entry.number, hash: entry.hash };
    return fault;
  };

  const verdict = (): ChainVerdict => {
    const entries = head?.number ?? 0;
    const beyond = known.find(({ number }) => number > entries);
    if (fault === null && beyond !== undefined) {
      fault = missing(
        entries + 1,
        `entry ${beyond.number} was known, and the log ends at ${entries}`,
      );
    }
    return fault === null ? { kind: "intact", entries, head } : { kind: "broken", ...fault };
  };

  return { take, verdict };
}

function faultOf(
  entry: ChainedEntry,
  head: ChainHead | null,
  known: readonly ChainHead[],
): ChainFault | null {
  const number = (head?.number ?? 0) + 1;
  if (entry.number !== number) {
    return missing(number, `entry ${number} is not there; entry ${entry.number} follows`);
  }
  if (entry.previous !== (head?.hash ?? null)) {
    const detail = `entry ${number} follows another entry than the one that stands before it`;
    return { number, code: "entry_unlinked", detail };
  }
  if (entryHash(entry) !== entry.hash) {
    const detail = `entry ${number} (${entry.action} of ${entry.subject}) is not what was hashed`;
    return { number, code: "entry_altered", detail };
  }
  const noted = known.find((one) => one.number === number);
  if (noted !== undefined && noted.hash !== entry.hash) {
    const detail = `entry ${number} has another hash than the one that was noted down`;
    return { number, code: "head_differs", detail };
  }
  return null;
}

function missing(number: number, detail: string): ChainFault {
  return { number, code: "entry_missing", detail };
}

function netstring(value: string | null): string {
  return value === null ? "-," : `${encoder.encode(value).length}:${value},`;
}
