/** `/api/v1/usage-adjustments`: an operator's corrections of what was counted, and another's word on them. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import { dimensionValuePattern, labelPattern, namePattern } from "@submeter/shared/wire/names";
import type { BillingContext } from "../../billing/billing-context.ts";
import { decideAdjustment, proposeAdjustment } from "../../billing/usage-adjustments.ts";
import { type AdjustmentRow, listAdjustments } from "../../store/usage-adjustments.ts";
import { instantOf, instantText, textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const closed = { additionalProperties: false };
const reason = Type.String({ minLength: 1, maxLength: 1000 });
const statuses = Type.Union([
  Type.Literal("proposed"),
  Type.Literal("approved"),
  Type.Literal("rejected"),
]);
const nullableText = Type.Union([Type.String(), Type.Null()]);
const byId = Type.Object({ id: Type.String() });
const listQuery = Type.Object(
  { ...pageQuery, customer: Type.Optional(Type.String()), status: Type.Optional(statuses) },
  closed,
);
const proposeBody = Type.Object(
  {
    customer: Type.String({ pattern: labelPattern }),
    meter: Type.String({ pattern: namePattern }),
    dimensions: Type.Optional(
      Type.Record(
        Type.String({ pattern: namePattern }),
        Type.String({ pattern: dimensionValuePattern }),
      ),
    ),
    from: instantText,
    to: instantText,
    quantity: Type.String({
      pattern: "^-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,12})?$",
      description: "signed: what is added, or with a minus taken off",
    }),
    reason,
  },
  closed,
);
const adjustment = Type.Object({
  id: Type.String(),
  customer: Type.String(),
  meter: Type.String(),
  dimensions: Type.Record(Type.String(), Type.String()),
  from: Type.String(),
  to: Type.String(),
  quantity: Type.String(),
  reason: Type.String(),
  status: statuses,
  created_at: Type.String(),
  created_by: Type.String(),
  decided_at: nullableText,
  decided_by: nullableText,
  decision_reason: nullableText,
});
const list = Type.Object({ items: Type.Array(adjustment), next: nullableText });

export function usageAdjustmentRoutes(context: BillingContext): Routes {
  const { database } = context;
  return (server) => {
    server.get(
      "/usage-adjustments",
      { schema: { querystring: listQuery, response: { 200: list } } },
      async (request) => {
        const { customer = null, status = null } = request.query;
        const limit = pageLimit(request.query);
        const key = cursorKey(request.query);
        const after = key && { createdAt: Number(key[0]), id: String(key[1]) };
        const found = { after, limit: limit + 1 };
        const rows = await listAdjustments(database, { customer, status }, found);
        const page = pageOf(rows, limit, ({ created_at: at, id }) => [at, id]);
        return { items: page.items.map(adjustmentJson), next: page.next };
      },
    );

    server.post(
      "/usage-adjustments",
      { schema: { body: proposeBody, response: { 201: adjustment } } },
      async (request, reply) => {
        const { from, to, dimensions = {}, ...given } = request.body;
        const row = await proposeAdjustment(context, operatorOf(request), {
          ...given,
          dimensions,
          from: instantOf(from, "from"),
          to: instantOf(to, "to"),
        });
        return reply.code(201).send(adjustmentJson(row));
      },
    );

    for (const verdict of ["approve", "reject"] as const) {
      server.post(
        `/usage-adjustments/:id/${verdict}`,
        {
          schema: {
            params: byId,
            body: Type.Object({ reason }, closed),
            response: { 200: adjustment },
          },
        },
        async (request) => {
          const decision = { id: request.params.id, verdict, reason: request.body.reason };
          return adjustmentJson(await decideAdjustment(context, operatorOf(request), decision));
        },
      );
    }
  };
}

function adjustmentJson(row: AdjustmentRow) {
  return {
    id: row.id,
    customer: row.customer_id,
    meter: row.meter,
    dimensions: JSON.parse(row.dimensions) as Dimensions,
    from: formatInstant(row.from_at),
    to: formatInstant(row.to_at),
    quantity: row.quantity,
    reason: row.reason,
    status: row.status,
    created_at: formatInstant(row.created_at),
    created_by: row.created_by,
    decided_at: textOrNull(row.decided_at),
    decided_by: row.decided_by,
    decision_reason: row.decision_reason,
  };
}
