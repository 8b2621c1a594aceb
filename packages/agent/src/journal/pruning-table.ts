/** Letting go of history that is too old: reports with their receipts, oldest first, a few at a time. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Database } from "./database.ts";

type Oldest = { readonly sequence: number; readonly digest: string; readonly prunable: number };

export function pruningTable(database: Database) {
  const names = database
    .prepare<[], string>(`select journal from journals order by ordinal`)
    .pluck();
  // Only what has nothing more to do: it was delivered, or its counts went on in a journal that replaced this one.
  const oldest = database.prepare<[number, string, number], Oldest>(
    `select sequence, digest, sealed_at < ? and state in ('delivered', 'superseded') as prunable
     from reports where journal = ? order by sequence limit ?`,
  );
  const dropReports = database.prepare<[string, number]>(
    `delete from reports where journal = ? and sequence <= ?`,
  );
  const dropReceipts = database.prepare<[string, number]>(
    `delete from receipts where journal = ? and sequence <= ?`,
  );
  const advance = database.prepare<[number, string, string]>(
    `update journals set pruned_through = ?, pruned_digest = ? where journal = ?`,
  );

  /** The first ones of a journal as far as all of them may go: what is left stays chained. */
  function prefix(journal: string, before: Instant, limit: number): readonly Oldest[] {
    const rows = oldest.all(before, journal, limit);
    const end = rows.findIndex(({ prunable }) => prunable === 0);
    return end === -1 ? rows : rows.slice(0, end);
  }

  return {
    /** At most `limit` reports that were sealed before `before`; returns how many. Inside a transaction. */
    prune(before: Instant, limit: number): number {
      for (const journal of names.all()) {
        const rows = prefix(journal, before, limit);
        const last = rows.at(-1);
        if (last === undefined) continue;
        dropReceipts.run(journal, last.sequence);
        dropReports.run(journal, last.sequence);
        advance.run(last.sequence, last.digest, journal);
        return rows.length;
      }
      return 0;
    },
    /** Whether anything could be pruned. Writes nothing. */
    isDue: (before: Instant): boolean =>
      names.all().some((journal) => prefix(journal, before, 1).length > 0),
  };
}
