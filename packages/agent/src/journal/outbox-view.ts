/** What the journal holds of reports and receipts, as a person looks at it: the newest first, never more than asked for. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Database } from "./database.ts";
import type { ReceiptSummary } from "./reports-table.ts";

export type OutboxRow = {
  readonly journal: string;
  readonly sequence: number;
  readonly sealedAt: Instant;
  readonly bytes: number;
  /** Held back for review; parked because the collector rejected it. */
  readonly state: "waiting" | "held" | "parked";
};

export function outboxView(database: Database) {
  const outbox = database.prepare<[number], OutboxRow>(
    // Each half by an index of its own: a row's state lies behind its body.
    `select journal, sequence, sealedAt, bytes, state from (
       select ordinal, reports.journal, sequence, sealed_at as sealedAt, length(body) as bytes,
              case held when 1 then 'held' else 'waiting' end as state
       from journals cross join reports using (journal) where reports.state = 'waiting'
       union all
       select ordinal, reports.journal, sequence, sealed_at, length(body), 'parked'
       from journals cross join reports using (journal) where reports.state = 'parked')
     order by ordinal, sequence limit ?`,
  );
  const receipts = database.prepare<[number], ReceiptSummary>(
    `select journal, sequence, outcome, code, recorded_at as recordedAt, received_at as receivedAt
     from receipts order by ordinal desc limit ?`,
  );
  const sealedSince = database.prepare<[number], { journal: string; sequence: number }>(
    `select reports.journal, reports.sequence from journals join reports using (journal)
     where sealed_at >= ? and state <> 'superseded' order by ordinal, sequence`,
  );
  return {
    outbox: (limit: number): OutboxRow[] => outbox.all(limit),
    receipts: (limit: number): ReceiptSummary[] => receipts.all(limit),
    /** What was sealed anew in another journal is left out. */
    sealedSince: (instant: Instant) => sealedSince.all(instant),
  };
}
