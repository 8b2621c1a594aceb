/** The audit log: who did what to whom, why, before and after. Append-only. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type AuditEntry = {
  at: Instant;
  /** The operator's name, or `submeter` for what the collector does by itself. */
  who: string;
  /** A verb in the past, such as `installation.retired`. */
  action: string;
  /** What it was done to, such as `installation:acme-eu`. */
  subject: string;
  reason?: string | null;
  before?: unknown;
  after?: unknown;
};

/** Call it in the transaction that makes the change. Answers the entry's own name in the log. */
export async function audit(transaction: Queryable, entry: AuditEntry): Promise<string> {
  const [row] = await transaction.query<{ id: string }>(
    `insert into audit_log (at, who, action, subject, reason, before, after)
     values (to_timestamp($1), $2, $3, $4, $5, $6, $7) returning id::text`,
    [
      entry.at,
      entry.who,
      entry.action,
      entry.subject,
      entry.reason ?? null,
      jsonOrNull(entry.before),
      jsonOrNull(entry.after),
    ],
  );
  return row?.id ?? "";
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
