/** A person's word after a refused push, or after payments were switched on: the documents go into the outbox again. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { audit } from "../store/audit.ts";
import { putCreditNotesBack } from "../store/credit-notes.ts";
import { findInvoice, putInvoiceBack } from "../store/invoices.ts";
import type { Actor, BillingContext } from "./billing-context.ts";
import { invoiceUnknown } from "./unknown.ts";

/** The invoice and the credit notes to it. Throws `invoice_unknown`, `invoice_not_pushable`. */
export async function pushAgain(
  context: BillingContext,
  actor: Actor,
  wanted: { id: string; reason: string },
): Promise<void> {
  const { id, reason } = wanted;
  await context.database.transaction(async (db) => {
    const invoice = await findInvoice(db, id);
    if (invoice === null) throw invoiceUnknown(id);
    const put = await putInvoiceBack(db, id);
    const notes = await putCreditNotesBack(db, id);
    if (!put && notes === 0) {
      throw new SubmeterError(
        "invoice_not_pushable",
        `the invoice ${id} is ${invoice.status.replaceAll("_", " ")}: there is nothing to push`,
        "only what was refused, or was booked without a payment provider and comes to more than 0, can be pushed again",
      );
    }
    await audit(db, {
      at: context.clock.now(),
      who: actor.name,
      action: "invoice.pushed_again",
      subject: `invoice:${id}`,
      reason,
      before: { status: invoice.status, last_error: invoice.last_error },
    });
  });
}
