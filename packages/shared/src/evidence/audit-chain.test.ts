import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type ChainedEntry, type ChainHead, chainVerifier, entryHash } from "./audit-chain.ts";

const written = {
  at: "2026-01-05T00:00:00Z",
  who: "Zoë",
  action: "key.revoked",
  subject: "installation:acme-eu",
  reason: "leaked,\n3:yes",
  before: null,
  after: '{"state": "removed"}',
};

function chain(length: number): ChainedEntry[] {
  const entries: ChainedEntry[] = [];
  for (let number = 1; number <= length; number += 1) {
    const entry = { ...written, number, previous: entries.at(-1)?.hash ?? null };
    entries.push({ ...entry, hash: entryHash(entry) });
  }
  return entries;
}

function verified(entries: readonly ChainedEntry[], known: ChainHead[] = []) {
  const verifier = chainVerifier(known);
  for (const entry of entries) verifier.take(entry);
  return verifier.verdict();
}

/** As somebody who changes a log covers his tracks: the entry's own hash fits again. */
const rehashed = (entry: ChainedEntry): ChainedEntry => ({ ...entry, hash: entryHash(entry) });
const replaced = (entries: readonly ChainedEntry[], at: number, change: Partial<ChainedEntry>) =>
  entries.map((entry, index) => (index === at ? { ...entry, ...change } : entry));

describe("the hash of an entry", () => {
  test("is SHA-256 over netstrings in a fixed order", () => {
    const text = [
      "16:submeter-audit-1,1:2,4:abcd,20:2026-01-05T00:00:00Z,4:Zoë,11:key.revoked,",
      '20:installation:acme-eu,13:leaked,\n3:yes,-,20:{"state": "removed"},',
    ].join("");
    const expected = createHash("sha256").update(text, "utf8").digest("hex");
    expect(entryHash({ ...written, number: 2, previous: "abcd" })).toBe(expected);
  });

  test("tells no value from an empty one", () => {
    const entry = { ...written, number: 1, previous: null };
    expect(entryHash({ ...entry, reason: "" })).not.toBe(entryHash({ ...entry, reason: null }));
  });
});

describe("a chain", () => {
  test("is intact when each entry follows the one before", () => {
    const entries = chain(4);
    const head = { number: 4, hash: entries[3]?.hash };
    expect(verified(entries)).toEqual({ kind: "intact", entries: 4, head });
  });

  test("of nothing is intact", () => {
    expect(verified([])).toEqual({ kind: "intact", entries: 0, head: null });
  });

  test.each(["at", "who", "action", "subject", "reason", "before", "after"] as const)(
    "is broken where %s was changed",
    (member) => {
      const verdict = verified(replaced(chain(4), 1, { [member]: "changed" }));
      expect(verdict).toMatchObject({ kind: "broken", number: 2, code: "entry_altered" });
    },
  );

  test("is broken after an entry that was changed and hashed anew", () => {
    const entries = replaced(chain(4), 1, { who: "somebody else" }).map((entry, index) =>
      index === 1 ? rehashed(entry) : entry,
    );
    const verdict = verified(entries);
    expect(verdict).toMatchObject({ kind: "broken", number: 3, code: "entry_unlinked" });
  });

  test("is broken where an entry was taken out", () => {
    const verdict = verified(chain(4).filter(({ number }) => number !== 3));
    expect(verdict).toMatchObject({ kind: "broken", number: 3, code: "entry_missing" });
  });

  test("that was written anew from the start is told by a hash that was noted down", () => {
    const noted = { number: 3, hash: chain(4)[2]?.hash ?? "" };
    const forged: ChainedEntry[] = [];
    for (const entry of chain(4)) {
      const previous = forged.at(-1)?.hash ?? null;
      forged.push(rehashed({ ...entry, who: "somebody else", previous }));
    }
    expect(verified(forged)).toMatchObject({ kind: "intact" });
    expect(verified(forged, [noted])).toMatchObject({ number: 3, code: "head_differs" });
  });

  test("that was cut off is told by a hash that was noted down", () => {
    const noted = { number: 4, hash: chain(4)[3]?.hash ?? "" };
    const verdict = verified(chain(3), [noted]);
    expect(verdict).toMatchObject({ kind: "broken", number: 4, code: "entry_missing" });
  });
});
