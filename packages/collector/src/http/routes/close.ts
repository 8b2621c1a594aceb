/** `/api/v1/close`: which periods can close, which wait, for what, and until when. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { type CloseRow, closeRows } from "../../billing/close-status.ts";
import { textOrNull } from "../instants.ts";
import { pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const query = Type.Object(
  { ...pageQuery, customer: Type.Optional(Type.String()) },
  { additionalProperties: false },
);

export function closeRoutes(context: BillingContext): Routes {
  return (server) => {
    server.get("/close", { schema: { querystring: query } }, async (request) => {
      const rows = await closeRows(context, request.query.customer ?? null);
      return { items: rows.map(closeJson), next: null };
    });
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
