/** `/api/v1/corrections`: what closed periods should have been, less what was billed, and a person's word on it. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { decideCorrection } from "../../billing/decide-correction.ts";
import { correctionUnknown } from "../../billing/unknown.ts";
import { findCorrection, listCorrections, type StoredCorrection } from "../../store/corrections.ts";
import { textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const closed = { additionalProperties: false };
const byId = Type.Object({ id: Type.String() });
const reasonBody = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1000 }) }, closed);
const listQuery = Type.Object(
  {
    ...pageQuery,
    customer: Type.Optional(Type.String()),
    status: Type.Optional(
      Type.Union([
        Type.Literal("awaiting_approval"),
        Type.Literal("ready"),
        Type.Literal("carried"),
        Type.Literal("invoiced"),
        Type.Literal("credited"),
        Type.Literal("dropped"),
        Type.Literal("not_billed"),
      ]),
    ),
  },
  closed,
);

export function correctionRoutes(context: BillingContext): Routes {
  const { database } = context;
  return (server) => {
    server.get("/corrections", { schema: { querystring: listQuery } }, async (request) => {
      const { customer = null, status = null } = request.query;
      const limit = pageLimit(request.query);
      const key = cursorKey(request.query);
      const after = key && { createdAt: Number(key[0]), id: String(key[1]) };
      const rows = await listCorrections(database, { customer, status, after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ created_at, id }) => [created_at, id]);
      return { items: page.items.map(correctionJson), next: page.next };
    });

    server.get("/corrections/:id", { schema: { params: byId } }, async (request) => {
      const row = await findCorrection(database, request.params.id);
      if (row === null) throw correctionUnknown(request.params.id);
      return { ...correctionJson(row), document: row.document };
    });

    for (const verdict of ["approve", "drop"] as const) {
      server.post(
        `/corrections/:id/${verdict}`,
        { schema: { params: byId, body: reasonBody } },
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
