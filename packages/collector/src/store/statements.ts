/** Statements as they are stored: frozen inputs, document bytes, and the cut that the snapshot had seen. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import type { PeriodKey, Scope } from "./periods.ts";

/** What a snapshot had seen of one journal. */
export type CutEntry = {
  readonly installation: string;
  readonly journal: string;
  readonly through: string;
  readonly revision: string;
};

export type StatementHead = {
  readonly id: string;
  readonly contract_id: string;
  readonly customer_id: string;
  readonly contract_version: number;
  readonly scope: Scope;
  readonly period_from: Instant;
  readonly period_to: Instant;
  readonly number: number;
  readonly basis: "measured" | "measured_with_gaps" | "fallback";
  readonly provisional: boolean;
  readonly currency: string;
  readonly total: string;
  readonly inputs_digest: string;
  readonly digest: string;
  readonly cut: readonly CutEntry[];
  readonly reasons: readonly string[];
  readonly created_at: Instant;
};

export type StoredStatement = StatementHead & {
  /** Gzipped canonical JSON of the inputs. */
  readonly inputs: Uint8Array;
  readonly document: Uint8Array;
};

const headColumns =
  "id, contract_id, customer_id, contract_version, scope, period_from, period_to, number, basis, provisional, currency, total, inputs_digest, digest, cut, reasons, created_at";

export async function insertStatement(db: Queryable, row: StoredStatement): Promise<void> {
  await db.query(
    `insert into statements (${headColumns}, inputs, document) values ($1, $2, $3, $4, $5,
       to_timestamp($6), to_timestamp($7), $8, $9, $10, $11, $12, $13, $14, $15, $16,
       to_timestamp($17), $18, $19)`,
    [
      row.id,
      row.contract_id,
      row.customer_id,
      row.contract_version,
      row.scope,
      row.period_from,
      row.period_to,
      row.number,
      row.basis,
      row.provisional,
      row.currency,
      row.total,
      row.inputs_digest,
      row.digest,
      JSON.stringify(row.cut),
      JSON.stringify(row.reasons),
      row.created_at,
      row.inputs,
      row.document,
    ],
  );
}

export async function findStatement(db: Queryable, id: string): Promise<StoredStatement | null> {
  const rows = await db.query<StoredStatement>(
    `select ${headColumns}, inputs, document from statements where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** The newest statement of a closed period. */
export async function latestStatement(
  db: Queryable,
  key: PeriodKey,
): Promise<StoredStatement | null> {
  const rows = await db.query<StoredStatement>(
    `select ${headColumns}, inputs, document from statements
     where contract_id = $1 and scope = $2 and period_from = to_timestamp($3)
     order by number desc limit 1`,
    [key.contract, key.scope, key.from],
  );
  return rows[0] ?? null;
}

/** The document of the newest statement of the period that ended when this one began; null for the first one. */
export async function documentBefore(
  db: Queryable,
  contract: string,
  from: Instant,
): Promise<Uint8Array | null> {
  const rows = await db.query<{ document: Uint8Array }>(
    `select document from statements
     where contract_id = $1 and scope = 'period' and period_to = to_timestamp($2)
     order by number desc limit 1`,
    [contract, from],
  );
  return rows[0]?.document ?? null;
}

/** All statements of a period without their bytes, oldest first. */
export async function statementsOfPeriod(db: Queryable, key: PeriodKey): Promise<StatementHead[]> {
  return db.query<StatementHead>(
    `select ${headColumns} from statements
     where contract_id = $1 and scope = $2 and period_from = to_timestamp($3) order by number`,
    [key.contract, key.scope, key.from],
  );
}
