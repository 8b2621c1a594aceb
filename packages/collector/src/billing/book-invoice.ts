/** Books an invoice: a statement's lines and the adjustments that waited for it, frozen. */

import { decimal } from "@submeter/shared/numbers/decimal";
import { toMinorUnits } from "@submeter/shared/numbers/currency";
import { canonicalBytes, canonicalDigest } from "@submeter/shared/rating/canonical";
import {
  type Adjustment,
  composeInvoice,
  composeSettlement,
  type InvoiceDocument,
} from "@submeter/shared/rating/invoice";
import type { Correction } from "@submeter/shared/rating/correction";
import type { Statement } from "@submeter/shared/rating/statement";
import { formatInstant, type Instant, parseInstant } from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import { saveCorrectionsInvoiced, type StoredCorrection } from "../store/corrections.ts";
import type { Queryable } from "../store/database.ts";
import {
  findInvoice,
  insertInvoice,
  type InvoiceHead,
  invoicesOfPeriod,
} from "../store/invoices.ts";
import { invoiceId } from "./billing-ids.ts";
import { tellBooked } from "./invoice-events.ts";

/** The invoice of a statement, with the corrections that are due on it. Answers its id. */
export async function bookStatementInvoice(
  db: Queryable,
  booked: { statement: Statement; statementId: string; corrections: readonly StoredCorrection[] },
  now: Instant,
): Promise<string> {
  const { statement, corrections } = booked;
  const document = composeInvoice(statement, await adjustmentsOf(db, corrections));
  return book(db, document, {
    kind: statement.scope,
    statementId: booked.statementId,
    corrections,
    now,
  });
}

/** After the contract's end: corrections alone. Null when they come to nothing. */
export async function bookSettlementInvoice(
  db: Queryable,
  corrections: readonly StoredCorrection[],
  now: Instant,
): Promise<string | null> {
  const document = composeSettlement(await adjustmentsOf(db, corrections));
  if (document === null) return null;
  return book(db, document, { kind: "settlement", statementId: null, corrections, now });
}

async function book(
  db: Queryable,
  document: InvoiceDocument,
  given: {
    kind: InvoiceHead["kind"];
    statementId: string | null;
    corrections: readonly StoredCorrection[];
    now: Instant;
  },
): Promise<string> {
  const { contract, currency } = document;
  const from = parseInstant(document.period.from);
  const sequence = (await invoicesOfPeriod(db, contract, from)).length + 1;
  const id = invoiceId(contract, from, sequence);
  const bytes = canonicalBytes(document);
  const totalMinor = toMinorUnits(decimal(document.total), currency);
  await insertInvoice(db, {
    id,
    customer_id: document.customer,
    contract_id: contract,
    period_from: from,
    period_to: parseInstant(document.period.to),
    sequence,
    kind: given.kind,
    statement_id: given.statementId,
    // Statements of 0 are booked and shown, and stay with us (billing rules, section 5.6).
    status: totalMinor === 0n ? "not_pushed" : "booked",
    currency,
    total_minor: totalMinor,
    document: bytes,
    digest: digestHex(bytes),
    lines_hash: canonicalDigest(document.lines),
    frozen_at: given.now,
  });
  const carried = given.corrections.map((correction) => correction.id);
  await saveCorrectionsInvoiced(db, carried, id);
  await tellBooked(db, id, given.now);
  return id;
}

/** Each correction with the number and date of the invoice that it adjusts. */
async function adjustmentsOf(
  db: Queryable,
  corrections: readonly StoredCorrection[],
): Promise<Adjustment[]> {
  const adjustments: Adjustment[] = [];
  for (const { of_invoice, document } of corrections) {
    const original = await findInvoice(db, of_invoice);
    if (original === null) throw new RangeError(`the corrected invoice ${of_invoice} is gone`);
    adjustments.push({
      invoice: {
        number: original.stripe_number,
        date: formatInstant(original.frozen_at).slice(0, 10),
      },
      correction: document as Correction,
    });
  }
  return adjustments;
}
