/** Invoices and what hangs on them. */

import Type from "typebox";
import type { InvoiceDocument } from "@submeter/shared/rating/invoice";
import {
  countShape,
  decimalShape,
  digestShape,
  documentShape,
  instantOrNullShape,
  instantShape,
  oneOf,
  orNull,
  shape,
  spanShape,
  textOrNullShape,
  textShape,
} from "./shape.ts";

export const invoiceStatusShape = oneOf("booked", "pushing", "finalized", "refused", "not_pushed");
export const correctionStatusShape = oneOf(
  "awaiting_approval",
  "ready",
  "carried",
  "invoiced",
  "credited",
  "dropped",
  "not_billed",
);
const basisShape = oneOf("measured", "measured_with_gaps", "fallback", "open");
const pushErrorShape = orNull(shape({ code: textShape, detail: textShape }));

const noteShape = shape({
  id: textShape,
  status: invoiceStatusShape,
  total: decimalShape,
  stripe: orNull(shape({ id: textShape, number: textOrNullShape })),
  last_error: pushErrorShape,
});

const invoiceMembers = {
  id: textShape,
  customer: textShape,
  contract: textShape,
  kind: oneOf("opening", "period", "settlement"),
  period: spanShape,
  sequence: countShape,
  status: invoiceStatusShape,
  basis: orNull(basisShape),
  provisional: Type.Boolean({
    description: "As it stands today: hours are missing, and what arrives will correct it",
  }),
  settled_at: instantOrNullShape,
  currency: textShape,
  statement_total: decimalShape,
  adjustments_total: decimalShape,
  total: decimalShape,
  corrections: Type.Array(
    shape({ id: textShape, of: textShape, period_from: instantShape, amount: decimalShape }),
  ),
  corrected_by: Type.Array(
    shape({
      id: textShape,
      amount: decimalShape,
      status: correctionStatusShape,
      status_reason: textOrNullShape,
      invoice: textOrNullShape,
      created_at: instantShape,
    }),
  ),
  credit_notes: Type.Array(noteShape),
  stripe: orNull(
    shape({
      id: textShape,
      number: textOrNullShape,
      total: orNull(decimalShape),
      url: textOrNullShape,
    }),
  ),
  push_attempts: countShape,
  last_error: pushErrorShape,
  booked_at: instantShape,
  finalized_at: instantOrNullShape,
};

export const invoiceShape = shape(invoiceMembers);

export const invoiceDetailShape = shape({
  ...invoiceMembers,
  digest: digestShape,
  document: documentShape<InvoiceDocument>("The booked invoice, as it was frozen"),
  hours: orNull(documentShape<object>("Installation-hours by state")),
  unpriced: Type.Array(documentShape<object>("Usage without a price")),
  lines: Type.Array(
    documentShape<object>("A line with quantity, price and each step of its computation"),
  ),
  statements: Type.Array(
    shape({
      id: textShape,
      number: countShape,
      basis: basisShape,
      provisional: Type.Boolean(),
      total: decimalShape,
      digest: digestShape,
      inputs_digest: digestShape,
      reasons: Type.Array(textShape),
      created_at: instantShape,
    }),
  ),
});
