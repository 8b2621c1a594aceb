/** `/api/v1/close`: which periods can close, which wait, for what, and until when. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { type CloseRow, closeRows } from "../../billing/close-status.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { textOrNull } from "../instants.ts";
import { pageQuery } from "../paging.ts";
import { closeShape } from "../shapes/close.ts";
import { naming, pageShape, shape } from "../shapes/shape.ts";

export function closeRoutes(context: BillingContext): ApiRoutes {
  return (api) => {
    api.get(
      "/close",
      {
        summary: "List what can close and what waits",
        description:
          "One row for each contract's open period, with what it waits for and until when.",
        tag: "invoices",
        access: operators("read-only"),
        query: shape({ ...pageQuery, customer: Type.Optional(naming("customer")) }),
        answer: pageShape(closeShape),
      },
      async (request) => {
        const rows = await closeRows(context, request.query.customer ?? null);
        return { items: rows.map(closeJson), next: null };
      },
    );
  };
}

export function closeJson(row: CloseRow) {
  return {
    ...row,
    period: { from: formatInstant(row.period.from), to: formatInstant(row.period.to) },
    earliest: textOrNull(row.earliest),
    latest: textOrNull(row.latest),
  };
}
