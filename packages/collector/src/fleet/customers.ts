/** Adding a customer. */

import { audit } from "../store/audit.ts";
import { type CustomerRow, insertCustomer } from "../store/customers.ts";
import { ClashError } from "./clash.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";

/** Throws `customer_exists`. */
export async function addCustomer(
  context: FleetContext,
  actor: Actor,
  customer: { id: string; name: string; email: string | null },
): Promise<CustomerRow> {
  const now = context.clock.now();
  return context.database.transaction(async (transaction) => {
    const row = await insertCustomer(transaction, customer, now);
    if (row === null) {
      throw new ClashError(
        "customer_exists",
        `there is a customer ${customer.id} already`,
        "choose another id, or see it with `submeter customers show`",
      );
    }
    const subject = `customer:${customer.id}`;
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "customer.added",
      subject,
      after: row,
    });
    return row;
  });
}
