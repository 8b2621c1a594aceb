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
    `select reports.journal, reports.sequence, sealed_at as sealedAt, length(body) as bytes,
            case when state = 'parked' then 'parked' when held = 1 then 'held' else 'waiting' end as state
     from journals join reports using (journal)
     where state in ('waiting', 'parked') order by ordinal, sequence limit ?`,
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
