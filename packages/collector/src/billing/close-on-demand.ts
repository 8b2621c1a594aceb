/** Closes what can be closed because a person asks for it, and says what waits. */

import type { Instant } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import { contractIds } from "../store/contracts.ts";
import type { Actor, BillingContext } from "./billing-context.ts";
import { closeNextPeriod } from "./close-period.ts";
import { openPeriod } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";

export type Wanted = {
  readonly customer: string | null;
  /** An instant inside the one period that is meant. */
  readonly at: Instant | null;
  /** Close although usage without a price stands on the statement. */
  readonly acceptUnpriced: boolean;
};

/** Answers the ids of the invoices that were booked. */
export async function closeOnDemand(
  context: BillingContext,
  actor: Actor,
  wanted: Wanted,
): Promise<string[]> {
  const invoices: string[] = [];
  for (const contract of await contractIds(context.database, wanted.customer)) {
    while (await isMeant(context, contract, wanted.at)) {
      const { acceptUnpriced } = wanted;
      const outcome = await closeNextPeriod(context, contract, {
        acceptUnpriced,
        onBooked: async (db, { invoice, statement }) => {
          await audit(db, {
            at: context.clock.now(),
            who: actor.name,
            action: "period.closed",
            subject: `invoice:${invoice}`,
            after: { contract, statement, accept_unpriced: acceptUnpriced },
          });
        },
      });
      if (outcome.kind !== "closed") break;
      invoices.push(outcome.invoice);
    }
  }
  return invoices;
}

async function isMeant(
  context: BillingContext,
  contract: string,
  at: Instant | null,
): Promise<boolean> {
  if (at === null) return true;
  const open = await openPeriod(context.database, await readAgreement(context.database, contract));
  return open !== null && open.period.from <= at && at < open.period.to;
}
