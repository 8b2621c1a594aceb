/** Proves a booked invoice: its statement is computed again from the inputs that were frozen with it. */

import { replay, type Replay } from "@submeter/shared/rating/replay";
import { digestHex } from "@submeter/shared/wire/digest";
import type { Queryable } from "../store/database.ts";
import { findInvoice } from "../store/invoices.ts";
import { findStatement } from "../store/statements.ts";
import { decompressed } from "./document-bytes.ts";
import { invoiceUnknown } from "./unknown.ts";

export type InvoiceReplay = {
  readonly result: Replay["kind"];
  /** Null for a settlement, which carries corrections alone. */
  readonly statement: string | null;
  readonly detail: string;
};

/** Throws `invoice_unknown`. */
export async function replayInvoice(db: Queryable, id: string): Promise<InvoiceReplay> {
  const invoice = await findInvoice(db, id);
  if (invoice === null) throw invoiceUnknown(id);
  if (digestHex(invoice.document) !== invoice.digest) {
    return broken(
      invoice.statement_id,
      "the invoice's bytes do not have the digest they were booked with",
    );
  }
  if (invoice.statement_id === null) {
    return {
      result: "equal",
      statement: null,
      detail: "a settlement has no statement of its own; its bytes are as booked",
    };
  }
  const statement = await findStatement(db, invoice.statement_id);
  if (statement === null) return broken(invoice.statement_id, "its statement is gone");
  if (digestHex(statement.document) !== statement.digest) {
    return broken(
      statement.id,
      "the statement's bytes do not have the digest they were stored with",
    );
  }
  let inputs: Uint8Array;
  try {
    inputs = decompressed(statement.inputs);
  } catch {
    return broken(statement.id, "the frozen inputs cannot be unpacked");
  }
  const result = replay(inputs, statement.document);
  const detail =
    result.kind === "equal" ? `the same bytes, by engine ${result.engine}` : result.detail;
  return { result: result.kind, statement: statement.id, detail };
}

function broken(statement: string | null, detail: string): InvoiceReplay {
  return { result: "broken", statement, detail };
}
