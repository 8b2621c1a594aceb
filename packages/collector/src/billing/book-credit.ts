/** Gives a decrease back: credit notes to the invoices that had billed the period, the original first. */

import {
  decimalsOf,
  fromMinorUnits,
  minimumCharge,
  toMinorUnits,
} from "@submeter/shared/numbers/currency";
import { decimal, formatFixed } from "@submeter/shared/numbers/decimal";
import { canonicalBytes } from "@submeter/shared/rating/canonical";
import type { Correction } from "@submeter/shared/rating/correction";
import type { InvoiceDocument } from "@submeter/shared/rating/invoice";
import { creditByLine } from "@submeter/shared/rating/settle-corrections";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import {
  correctionsOfPeriod,
  saveCorrectionStatus,
  type StoredCorrection,
} from "../store/corrections.ts";
import { creditNotesTo, insertCreditNote } from "../store/credit-notes.ts";
import type { Queryable } from "../store/database.ts";
import { findInvoice, type StoredInvoice } from "../store/invoices.ts";
import type { PeriodKey } from "../store/periods.ts";
import { latestStatement } from "../store/statements.ts";
import { creditNoteId } from "./billing-ids.ts";
import { textOf } from "./document-bytes.ts";
import { type BilledInvoice, type BilledLine, spreadCredit } from "./spread-credit.ts";

export type CreditNoteDocument = {
  readonly version: 1;
  readonly invoice: string;
  readonly currency: string;
  readonly corrections: readonly string[];
  readonly lines: readonly {
    readonly id: string;
    readonly original_line: string;
    readonly description: string;
    readonly amount: string;
  }[];
  readonly total: string;
};

/**
 * `group`: the corrections of one period that come to a decrease together. Answers false, and books nothing, when less
 * than the minimum charge of it was ever billed: what was dropped or came too late to be billed is not given back.
 */
export async function bookCredit(
  db: Queryable,
  group: readonly StoredCorrection[],
  now: Instant,
): Promise<boolean> {
  const [first] = group;
  if (first === undefined) return false;
  const { currency } = first;
  const key: PeriodKey = {
    contract: first.contract_id,
    scope: first.scope,
    from: first.period_from,
  };
  const falls = new Map(
    creditByLine(
      group.map(({ document }) => document as Correction),
      currency,
    ).map(({ line, amount }) => [line, toMinorUnits(decimal(amount), currency)]),
  );
  const billed = await billedFor(db, key, first.of_invoice);
  const wanted = sumOf(falls.values());
  const above = remainingOf(billed) - (await ratedMinor(db, key, currency));
  const amountMinor = wanted < above ? wanted : above;
  if (amountMinor <= 0n || amountMinor < toMinorUnits(minimumCharge(currency), currency)) {
    return false;
  }
  const ids = group.map(({ id }) => id);
  const toNumber = Math.max(...group.map(({ document }) => (document as Correction).to_number));
  for (const [index, part] of spreadCredit({ amountMinor, falls, invoices: billed }).entries()) {
    const id = creditNoteId(key, toNumber, index + 1);
    const document = noteDocument(id, part, currency, ids);
    await insertCreditNote(
      db,
      {
        id,
        customer_id: first.customer_id,
        contract_id: key.contract,
        scope: key.scope,
        period_from: key.from,
        invoice_id: part.invoice,
        currency,
        total_minor: sumOf(part.lines.map((line) => line.amountMinor)),
        document: canonicalBytes(document),
        frozen_at: now,
      },
      ids,
    );
  }
  await saveCorrectionStatus(db, ids, "credited", null);
  return true;
}

/** The original invoice and those that carried adjustments of the period, with what of each line is not given back yet. */
async function billedFor(
  db: Queryable,
  key: PeriodKey,
  originalId: string,
): Promise<BilledInvoice[]> {
  const corrections = await correctionsOfPeriod(db, key);
  const ids = [originalId, ...corrections.map((one) => one.invoice_id).filter((id) => id !== null)];
  const invoices: StoredInvoice[] = [];
  for (const id of new Set(ids)) {
    const invoice = await findInvoice(db, id);
    if (invoice !== null) invoices.push(invoice);
  }
  const given = await givenBack(
    db,
    invoices.map(({ id }) => id),
  );
  const from = formatInstant(key.from);
  return invoices.map((invoice) => ({
    invoice: invoice.id,
    lines: linesFor(invoice, invoice.id === originalId, from, given),
  }));
}

/** Already credited, by invoice and line. */
async function givenBack(db: Queryable, invoices: readonly string[]): Promise<Map<string, bigint>> {
  const given = new Map<string, bigint>();
  for (const note of await creditNotesTo(db, invoices)) {
    const document = JSON.parse(textOf(note.document)) as CreditNoteDocument;
    for (const line of document.lines) {
      const at = `${note.invoice_id} ${line.original_line}`;
      const minor = toMinorUnits(decimal(line.amount), note.currency);
      given.set(at, (given.get(at) ?? 0n) + minor);
    }
  }
  return given;
}

function linesFor(
  invoice: StoredInvoice,
  original: boolean,
  periodFrom: string,
  given: ReadonlyMap<string, bigint>,
): BilledLine[] {
  const document = JSON.parse(textOf(invoice.document)) as InvoiceDocument;
  const prefix = `adjustment/${periodFrom}/`;
  return document.lines
    .filter((line) => (line.adjusts === null ? original : line.id.startsWith(prefix)))
    .map((line) => ({
      id: line.id,
      statementLine: line.adjusts?.line ?? line.id,
      description: line.description,
      remainingMinor:
        toMinorUnits(decimal(line.amount), invoice.currency) -
        (given.get(`${invoice.id} ${line.id}`) ?? 0n),
    }));
}

async function ratedMinor(db: Queryable, key: PeriodKey, currency: string): Promise<bigint> {
  const statement = await latestStatement(db, key);
  return toMinorUnits(decimal(statement?.total ?? "0"), currency);
}

function remainingOf(billed: readonly BilledInvoice[]): bigint {
  return sumOf(billed.flatMap(({ lines }) => lines.map((line) => line.remainingMinor)));
}

function noteDocument(
  id: string,
  part: ReturnType<typeof spreadCredit>[number],
  currency: string,
  corrections: readonly string[],
): CreditNoteDocument {
  const decimals = decimalsOf(currency);
  const text = (minor: bigint) => formatFixed(fromMinorUnits(minor, currency), decimals);
  return {
    version: 1,
    invoice: part.invoice,
    currency,
    corrections,
    lines: part.lines.map((line, index) => ({
      id: `${id}/${index + 1}`,
      original_line: line.originalLineId,
      description: line.description,
      amount: text(line.amountMinor),
    })),
    total: text(sumOf(part.lines.map((line) => line.amountMinor))),
  };
}

function sumOf(values: Iterable<bigint>): bigint {
  let sum = 0n;
  for (const value of values) sum += value;
  return sum;
}
