/** `/api/v1/cycles` and `/api/v1/account`: a customer's billing cycles, and how the account stands. */

import Type from "typebox";
import { formatInstant, parseInstant } from "@submeter/shared/time/instant";
import { type Cycle, type Cycles, cyclesOf } from "../../billing/cycles.ts";
import { versionFor } from "../../billing/agreement.ts";
import type { BillingContext } from "../../billing/billing-context.ts";
import { readAgreement } from "../../billing/read-agreement.ts";
import { customerUnknown } from "../../fleet/unknown.ts";
import { findCustomer } from "../../store/customers.ts";
import { customersToo } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { customerMeant } from "../callers.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  countShape,
  instantOrNullShape,
  instantShape,
  oneOf,
  orNull,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";
import { cycleStateShape } from "../shapes/usage.ts";

const cycleShape = shape({
  contract: textShape,
  number: countShape,
  from: instantShape,
  to: instantShape,
  current: Type.Boolean(),
  closed: Type.Boolean(),
  invoice: textOrNullShape,
});
const accountShape = shape({
  customer: textShape,
  name: textShape,
  status: oneOf("active", "trial", "not_started", "not_begun", "ended", "no_contract"),
  status_text: Type.String({
    description: "As an account page says it: Active, Trial, No usage yet",
  }),
  past_due: Type.Null({ description: "Null: payments are not reported to this collector" }),
  plan: orNull(shape({ id: textShape, version: countShape, description: textOrNullShape })),
  next_billing_at: instantOrNullShape,
  trial_ends_at: instantOrNullShape,
  current_cycle: orNull(cycleShape),
});
const ofCustomer = {
  customer: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      "x-names": "customer",
      description: "Whose; a customer's token means itself",
    }),
  ),
};
const readers = customersToo(
  "read-only",
  "usage:read",
  "usage:read:own",
  "billing:read",
  "contracts:read",
);

export function cycleRoutes({ database, clock }: BillingContext): ApiRoutes {
  return (api) => {
    api.get(
      "/cycles",
      {
        summary: "List a customer's billing cycles, the newest first",
        tag: "account",
        access: readers,
        query: shape({ ...pageQuery, ...ofCustomer }),
        answer: shape({
          state: cycleStateShape,
          items: Type.Array(cycleShape),
          next: textOrNullShape,
        }),
      },
      async (request) => {
        const customer = customerMeant(request, request.query.customer);
        if ((await findCustomer(database, customer)) === null) throw customerUnknown(customer);
        const { state, cycles } = await cyclesOf(database, customer, clock.now());
        const limit = pageLimit(request.query);
        const from = cursorKey(request.query, "count")?.[0] ?? 0;
        const rest = cycles.slice(from, from + limit + 1);
        const page = pageOf(rest, limit, () => [from + limit]);
        return { state, items: page.items.map(cycleJson), next: page.next };
      },
    );

    api.get(
      "/account",
      {
        summary: "Show how a customer's account stands: status, plan, next billing date",
        tag: "account",
        access: readers,
        query: shape(ofCustomer),
        answer: accountShape,
      },
      async (request) => {
        const id = customerMeant(request, request.query.customer);
        const customer = await findCustomer(database, id);
        if (customer === null) throw customerUnknown(id);
        const now = clock.now();
        const found = await cyclesOf(database, id, now);
        const current = found.cycles.find((cycle) => cycle.current) ?? null;
        const terms = current === null ? null : await termsIn(current);
        const trialEnds = terms?.contract.trial?.to ?? null;
        const inTrial = trialEnds !== null && parseInstant(trialEnds) > now;
        const status = statusOf(found, inTrial);
        return {
          customer: id,
          name: customer.name,
          status,
          status_text: statusTexts[status],
          past_due: null,
          plan: terms && {
            id: terms.plan.id,
            version: terms.plan.version,
            description: terms.plan.description ?? null,
          },
          next_billing_at: current && formatInstant(current.period.to),
          trial_ends_at: trialEnds,
          current_cycle: current && cycleJson(current),
        };
      },
    );

    const termsIn = async ({ contract, period }: Cycle) =>
      versionFor(await readAgreement(database, contract), period.from);
  };
}

const statusTexts = {
  active: "Active",
  trial: "Trial",
  not_started: "No usage yet",
  not_begun: "The contract has not begun",
  ended: "Ended",
  no_contract: "No contract",
} as const;

function statusOf({ state }: Cycles, inTrial: boolean): keyof typeof statusTexts {
  if (state !== "running") return state;
  return inTrial ? "trial" : "active";
}

function cycleJson({ period, ...cycle }: Cycle) {
  return { ...cycle, from: formatInstant(period.from), to: formatInstant(period.to) };
}
