/** Computes a statement from a snapshot and freezes it: document, inputs and cut, together. */

import { computeStatement, encodeStatement } from "@submeter/shared/rating/compute-statement";
import { encodeInputs } from "@submeter/shared/rating/encode-inputs";
import type { Statement } from "@submeter/shared/rating/statement";
import type { Instant } from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import type { Queryable } from "../store/database.ts";
import type { PeriodKey } from "../store/periods.ts";
import { insertStatement } from "../store/statements.ts";
import { statementId } from "./billing-ids.ts";
import { compressed } from "./document-bytes.ts";
import type { Snapshot, Subject } from "./snapshot.ts";

export type Rated = {
  readonly statement: Statement;
  readonly inputs: Uint8Array;
};

export function rateSnapshot({ inputs }: Snapshot): Rated {
  const bytes = encodeInputs(inputs);
  return { statement: computeStatement(inputs, digestHex(bytes)), inputs: bytes };
}

/** Answers the statement's id. `reasons`: why it was computed, for whoever reads the history. */
export async function bookStatement(
  db: Queryable,
  subject: Subject,
  snapshot: Snapshot,
  rated: Rated,
  given: { reasons: readonly string[]; now: Instant },
): Promise<string> {
  const { statement, inputs } = rated;
  const { basis } = statement;
  if (basis === "open") throw new RangeError("a statement that waits for hours is never booked");
  const key = keyOf(subject);
  const id = statementId(key, statement.number);
  const document = encodeStatement(statement);
  await insertStatement(db, {
    id,
    contract_id: key.contract,
    customer_id: subject.agreement.customer,
    contract_version: snapshot.contractVersion,
    scope: key.scope,
    period_from: subject.period.from,
    period_to: subject.period.to,
    number: statement.number,
    basis,
    provisional: statement.provisional,
    currency: statement.currency,
    total: statement.total,
    inputs: compressed(inputs),
    inputs_digest: statement.inputs_digest,
    document,
    digest: digestHex(document),
    cut: snapshot.cut,
    reasons: given.reasons,
    created_at: given.now,
  });
  return id;
}

export function keyOf({ agreement, scope, period }: Subject): PeriodKey {
  return { contract: agreement.id, scope, from: period.from };
}
