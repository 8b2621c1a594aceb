/** `/api/v1/corrections`: what closed periods should have been, less what was billed, and a person's word on it. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { decideCorrection } from "../../billing/decide-correction.ts";
import { correctionUnknown } from "../../billing/unknown.ts";
import { findCorrection, listCorrections, type StoredCorrection } from "../../store/corrections.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import { correctionStatusShape } from "../shapes/invoice.ts";
import {
  decimalShape,
  instantOrNullShape,
  instantShape,
  naming,
  oneOf,
  pageShape,
  reasonText,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const correctionMembers = {
  id: textShape,
  customer: textShape,
  contract: textShape,
  scope: oneOf("opening", "period"),
  period_from: instantShape,
  of_invoice: textShape,
  from_statement: textShape,
  to_statement: textShape,
  currency: textShape,
  amount: decimalShape,
  status: correctionStatusShape,
  status_reason: textOrNullShape,
  invoice: textOrNullShape,
  created_at: instantShape,
  decided_by: textOrNullShape,
  decided_at: instantOrNullShape,
  decision_reason: textOrNullShape,
};
const correctionShape = shape(correctionMembers);
const byId = shape({ id: naming("correction") });
const listQuery = shape({
  ...pageQuery,
  customer: Type.Optional(naming("customer")),
  status: Type.Optional(correctionStatusShape),
});
const verdicts = [
  { verdict: "approve", summary: "Approve a correction, so that it is billed or credited" },
  { verdict: "drop", summary: "Drop a correction: it is never billed" },
] as const;

export function correctionRoutes(context: BillingContext): ApiRoutes {
  const { database } = context;
  return (api) => {
    api.get(
      "/corrections",
      {
        summary: "List corrections",
        tag: "invoices",
        access: operators("read-only"),
        query: listQuery,
        answer: pageShape(correctionShape),
      },
      async (request) => {
        const { customer = null, status = null } = request.query;
        const limit = pageLimit(request.query);
        const key = cursorKey(request.query, "instant", "text");
        const after = key && { createdAt: key[0], id: key[1] };
        const rows = await listCorrections(database, {
          customer,
          status,
          after,
          limit: limit + 1,
        });
        const page = pageOf(rows, limit, ({ created_at, id }) => [created_at, id]);
        return { items: page.items.map(correctionJson), next: page.next };
      },
    );

    api.get(
      "/corrections/:id",
      {
        summary: "Show a correction line by line",
        tag: "invoices",
        access: operators("read-only"),
        params: byId,
        answer: shape({
          ...correctionMembers,
          document: Type.Unknown({ description: "Its lines, before and after" }),
        }),
      },
      async (request) => {
        const row = await findCorrection(database, request.params.id);
        if (row === null) throw correctionUnknown(request.params.id);
        return { ...correctionJson(row), document: row.document };
      },
    );

    for (const { verdict, summary } of verdicts) {
      api.post(
        `/corrections/:id/${verdict}`,
        {
          summary,
          tag: "invoices",
          repeatable: true,
          access: operators("billing"),
          params: byId,
          body: shape({ reason: reasonText }),
          answer: correctionShape,
        },
        async (request) => {
          const { id } = request.params;
          const { reason } = request.body;
          const decision = { id, verdict, reason };
          return correctionJson(await decideCorrection(context, operatorOf(request), decision));
        },
      );
    }
  };
}

export function correctionJson(row: StoredCorrection) {
  return {
    id: row.id,
    customer: row.customer_id,
    contract: row.contract_id,
    scope: row.scope,
    period_from: formatInstant(row.period_from),
    of_invoice: row.of_invoice,
    from_statement: row.from_statement,
    to_statement: row.to_statement,
    currency: row.currency,
    amount: row.amount,
    status: row.status,
    status_reason: row.status_reason,
    invoice: row.invoice_id,
    created_at: formatInstant(row.created_at),
    decided_by: row.approved_by,
    decided_at: textOrNull(row.approved_at),
    decision_reason: row.decision_reason,
  };
}
