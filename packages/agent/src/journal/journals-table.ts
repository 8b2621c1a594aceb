/** Who is counting: the journals this file has held, and where the chain of each stands. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Database } from "./database.ts";

/** As it stands, alike, in every report of the journal that replaces. */
export type Replaces = {
  readonly journal: string;
  readonly sequence: number | null;
  readonly digest: string | null;
  readonly reason: "fork" | "corrupt" | "moved";
};

export type JournalIdentity = {
  readonly journal: string;
  /** The private half of the journal's Ed25519 key, 32 bytes. */
  readonly seed: Uint8Array;
  readonly replaces: Replaces | null;
  /** 0 before the first report. */
  readonly lastSequence: number;
  readonly lastDigest: string | null;
  /** The UTC day (since 1970) of the last report that carries `proof`. */
  readonly lastProofDay: number | null;
  readonly final: boolean;
};

export type NewJournal = {
  readonly journal: string;
  readonly seed: Uint8Array;
  readonly replaces: Replaces | null;
  readonly madeAt: Instant;
};

type Row = {
  journal: string;
  seed: Buffer;
  replaces: string | null;
  lastSequence: number;
  lastDigest: string | null;
  lastProofDay: number | null;
  final: number;
};

export function journalsTable(database: Database) {
  const newest = database.prepare<[], Row>(
    `select journal, seed, replaces, last_sequence as lastSequence, last_digest as lastDigest,
            last_proof_day as lastProofDay, final
     from journals order by ordinal desc limit 1`,
  );
  const names = database
    .prepare<[], string>(`select journal from journals order by ordinal`)
    .pluck();
  const began = database.prepare<[], number | null>(`select min(made_at) from journals`).pluck();
  const add = database.prepare<[string, Uint8Array, string | null, number]>(
    `insert into journals (journal, seed, replaces, made_at) values (?, ?, ?, ?)`,
  );
  const advance = database.prepare<[number, string, number | null, number, string]>(
    `update journals set last_sequence = ?, last_digest = ?, last_proof_day = ?, final = ?
     where journal = ?`,
  );
  const addReplaced = database.prepare<[number]>(
    `insert or ignore into replaced_windows (window) values (?)`,
  );
  const replaced = database.prepare<[], number>(`select window from replaced_windows`).pluck();
  const clearReplaced = database.prepare(`delete from replaced_windows`);
  return {
    current(): JournalIdentity | null {
      const row = newest.get();
      if (row === undefined) return null;
      const replaces = row.replaces === null ? null : (JSON.parse(row.replaces) as Replaces);
      return { ...row, replaces, final: row.final === 1 };
    },
    /** Oldest first. */
    names: (): string[] => names.all(),
    /** When this file began to count; null before its first journal. */
    began: (): Instant | null => began.get() ?? null,
    /** Windows that the replaced journal itself replaced stay among the replaced: they are all spoken of. */
    add(journal: NewJournal, replacedWindows: Iterable<Instant>): void {
      const replaces = journal.replaces === null ? null : JSON.stringify(journal.replaces);
      add.run(journal.journal, journal.seed, replaces, journal.madeAt);
      if (journal.replaces === null) clearReplaced.run();
      for (const window of replacedWindows) addReplaced.run(window);
    },
    advance(identity: JournalIdentity): void {
      const { lastSequence, lastDigest, lastProofDay, final, journal } = identity;
      advance.run(lastSequence, lastDigest ?? "", lastProofDay, final ? 1 : 0, journal);
    },
    replacedWindows: (): Set<Instant> => new Set(replaced.all()),
  };
}
