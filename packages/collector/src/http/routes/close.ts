/** `/api/v1/close`: which periods can close, which wait, for what, and until when. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { type CloseRow, closeRowsOf } from "../../billing/close-status.ts";
import { contractIds } from "../../store/contracts.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { textOrNull } from "../instants.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import { closeShape } from "../shapes/close.ts";
import { naming, pageShape, shape } from "../shapes/shape.ts";

export function closeRoutes(context: BillingContext): ApiRoutes {
  return (api) => {
    api.get(
      "/close",
      {
        summary: "List what can close and what waits",
        description:
          "One row for each contract's open period, with what it waits for and until when. Pages go by contracts: those without a period are left out, so that a page may have fewer rows than `limit`.",
        tag: "invoices",
        access: operators("read-only"),
        query: shape({ ...pageQuery, customer: Type.Optional(naming("customer")) }),
        answer: pageShape(closeShape),
      },
      async (request) => {
        const { customer = null } = request.query;
        const limit = pageLimit(request.query);
        const after = cursorKey(request.query, "text")?.[0] ?? "";
        const ids = await contractIds(context.database, customer, { after, limit: limit + 1 });
        const page = pageOf(ids, limit, (id) => [id]);
        const rows = await closeRowsOf(context, page.items);
        return { items: rows.map(closeJson), next: page.next };
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
