/** `/api/v1/usage-adjustments`: an operator's corrections of what was counted, and another's word on them. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import { dimensionValuePattern, namePattern } from "@submeter/shared/wire/names";
import type { BillingContext } from "../../billing/billing-context.ts";
import { decideAdjustment, proposeAdjustment } from "../../billing/usage-adjustments.ts";
import { type AdjustmentRow, listAdjustments } from "../../store/usage-adjustments.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { instantOf, instantText, textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  decimalShape,
  dimensionsShape,
  instantOrNullShape,
  instantShape,
  naming,
  newLabel,
  oneOf,
  pageShape,
  reasonText,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const statusShape = oneOf("proposed", "approved", "rejected");
const adjustmentShape = shape({
  id: textShape,
  customer: textShape,
  meter: textShape,
  dimensions: dimensionsShape,
  from: instantShape,
  to: instantShape,
  quantity: decimalShape,
  reason: textShape,
  status: statusShape,
  created_at: instantShape,
  created_by: textShape,
  decided_at: instantOrNullShape,
  decided_by: textOrNullShape,
  decision_reason: textOrNullShape,
});
const listQuery = shape({
  ...pageQuery,
  customer: Type.Optional(naming("customer")),
  status: Type.Optional(statusShape),
});
const proposeBody = shape({
  customer: newLabel("customer"),
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
  reason: reasonText,
});
const verdicts = [
  { verdict: "approve", summary: "Approve an adjustment that somebody else proposed" },
  { verdict: "reject", summary: "Reject an adjustment: it never counts" },
] as const;

export function usageAdjustmentRoutes(context: BillingContext): ApiRoutes {
  const { database } = context;
  return (api) => {
    api.get(
      "/usage-adjustments",
      {
        summary: "List adjustments of usage",
        tag: "usage",
        access: operators("read-only"),
        query: listQuery,
        answer: pageShape(adjustmentShape),
      },
      async (request) => {
        const { customer = null, status = null } = request.query;
        const limit = pageLimit(request.query);
        const key = cursorKey(request.query, "instant", "text");
        const after = key && { createdAt: key[0], id: key[1] };
        const found = { after, limit: limit + 1 };
        const rows = await listAdjustments(database, { customer, status }, found);
        const page = pageOf(rows, limit, ({ created_at: at, id }) => [at, id]);
        return { items: page.items.map(adjustmentJson), next: page.next };
      },
    );

    api.post(
      "/usage-adjustments",
      {
        summary: "Propose an adjustment of what was counted",
        tag: "usage",
        access: operators("billing"),
        body: proposeBody,
        answer: adjustmentShape,
        status: 201,
      },
      async (request) => {
        const { from, to, dimensions = {}, ...given } = request.body;
        return adjustmentJson(
          await proposeAdjustment(context, operatorOf(request), {
            ...given,
            dimensions,
            from: instantOf(from, "from"),
            to: instantOf(to, "to"),
          }),
        );
      },
    );

    for (const { verdict, summary } of verdicts) {
      api.post(
        `/usage-adjustments/:id/${verdict}`,
        {
          summary,
          tag: "usage",
          repeatable: true,
          access: operators("billing"),
          params: shape({ id: naming("adjustment") }),
          body: shape({ reason: reasonText }),
          answer: adjustmentShape,
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
