/** What a customer's period comes to as of now: the same function as the close, and nothing is booked. */

import type { Statement } from "@submeter/shared/rating/statement";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { contractIds } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { closedPeriods } from "../store/periods.ts";
import { type Agreement, periodHolding } from "./agreement.ts";
import type { BillingContext } from "./billing-context.ts";
import { rateSnapshot } from "./book-statement.ts";
import { subjectOfClosedPeriod, subjectOfOpenPeriod } from "./close-period.ts";
import { anchorOf } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";
import { type Subject, takeSnapshot } from "./snapshot.ts";

/** `at`: an instant inside the period; the earliest open one when null. Throws `period_unknown`. */
export async function previewInvoice(
  context: BillingContext,
  wanted: { customer: string; at: Instant | null },
): Promise<Statement> {
  const now = context.clock.now();
  return context.database.transaction(
    async (db) => {
      for (const id of await contractIds(db, wanted.customer)) {
        const subject = await subjectOf(db, await readAgreement(db, id), wanted.at);
        if (subject !== null && subject.period.from <= now) {
          return rateSnapshot(await takeSnapshot(db, subject, now)).statement;
        }
      }
      throw periodUnknown(wanted);
    },
    { isolation: "repeatable read" },
  );
}

async function subjectOf(
  db: Queryable,
  agreement: Agreement,
  at: Instant | null,
): Promise<Subject | null> {
  if (at === null) return subjectOfOpenPeriod(db, agreement);
  const anchor = await anchorOf(db, agreement);
  const period = periodHolding(agreement, anchor, at);
  if (period === null) return null;
  const closed = (await closedPeriods(db, agreement.id)).find(
    (one) => one.scope === "period" && one.period_from === period.from,
  );
  const number = (closed?.statement_number ?? 0) + 1;
  return subjectOfClosedPeriod(agreement, {
    scope: "period",
    periodFrom: period.from,
    anchor,
    number,
  });
}

function periodUnknown({ customer, at }: { customer: string; at: Instant | null }): SubmeterError {
  const when = at === null ? "no open period" : `no period at ${formatInstant(at)}`;
  return new SubmeterError(
    "period_unknown",
    `the customer ${customer} has ${when} that has begun`,
    "see the periods with `submeter close status`, and agree on a contract with `submeter contracts set`",
  );
}
