/** `/api/v1/user/limits`: what a customer may still use, and what it holds in storage. */

import Type from "typebox";
import type { MeterEntitlement } from "@submeter/shared/entitlements/entitlements";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { limitsOfCustomer } from "../../billing/limits-of-customer.ts";
import { customerUnknown } from "../../fleet/unknown.ts";
import { findCustomer } from "../../store/customers.ts";
import { customersToo } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { customerMeant } from "../callers.ts";
import { textOrNull } from "../instants.ts";
import {
  documentShape,
  instantOrNullShape,
  instantShape,
  naming,
  orNull,
  shape,
  spanShape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const limitsShape = shape({
  customer: textShape,
  as_of: Type.String({ format: "date-time", description: "When this was reckoned" }),
  period: orNull(spanShape),
  trial_ends_at: instantOrNullShape,
  features: Type.Record(
    Type.String(),
    Type.Unsafe<string | number | boolean | readonly string[] | null>({
      description: "What the plan allows besides what is counted; null is without limit",
    }),
  ),
  meters: Type.Array(
    documentShape<MeterEntitlement>(
      "A meter's quota, what is used of it and what then happens; as in a state (docs/wire.md)",
    ),
  ),
  storage_gb: orNull(
    Type.String({
      pattern: "^[0-9]+(\\.[0-9]+)?$",
      description: "Held in the newest hour that all installations have reported; null: not known",
    }),
  ),
  storage_unit: textOrNullShape,
  storage_as_of: orNull(instantShape),
});

export function limitRoutes({ database, clock }: BillingContext): ApiRoutes {
  return (api) => {
    api.get(
      "/user/limits",
      {
        summary: "Show what a customer may still use, and the storage it holds",
        description:
          "From what has been reported: as fresh as the agents' reports, not refreshed with each request.",
        tag: "account",
        access: customersToo("read-only", "usage:read", "billing:read"),
        query: shape({ customer: Type.Optional(naming("customer")) }),
        answer: limitsShape,
      },
      async (request) => {
        const customer = customerMeant(request, request.query.customer);
        if ((await findCustomer(database, customer)) === null) throw customerUnknown(customer);
        const now = clock.now();
        const { entitlements, storage } = await limitsOfCustomer(database, customer, now);
        return {
          customer,
          as_of: formatInstant(now),
          period: entitlements.period,
          trial_ends_at: entitlements.trial_ends_at,
          features: entitlements.features,
          meters: entitlements.meters,
          storage_gb: storage?.held ?? null,
          storage_unit: storage?.unit ?? null,
          storage_as_of: textOrNull(storage?.asOf ?? null),
        };
      },
    );
  };
}
