/** `/api/v1/invoices`: what was booked, how it came about, and what closing now would book. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { closeOnDemand } from "../../billing/close-on-demand.ts";
import { closeRows } from "../../billing/close-status.ts";
import { explainView, viewInvoice, viewInvoices } from "../../billing/invoice-view.ts";
import { previewInvoice } from "../../billing/preview-invoice.ts";
import { pushAgain } from "../../billing/push-again.ts";
import { pushDocuments } from "../../billing/push-documents.ts";
import { replayInvoice } from "../../billing/replay-invoice.ts";
import { findInvoice, listInvoices } from "../../store/invoices.ts";
import { instantOf, instantText } from "../instants.ts";
import { detailJson, invoiceJson } from "../invoice-json.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";
import { closeJson } from "./close.ts";

const closed = { additionalProperties: false };
const byId = Type.Object({ id: Type.String() });
const listQuery = Type.Object(
  {
    ...pageQuery,
    customer: Type.Optional(Type.String()),
    status: Type.Optional(
      Type.Union([
        Type.Literal("booked"),
        Type.Literal("pushing"),
        Type.Literal("finalized"),
        Type.Literal("refused"),
        Type.Literal("not_pushed"),
      ]),
    ),
  },
  closed,
);
const previewBody = Type.Object(
  { customer: Type.String(), period: Type.Optional(instantText) },
  closed,
);
const closeBody = Type.Object(
  {
    customer: Type.Optional(Type.String()),
    period: Type.Optional(instantText),
    accept_unpriced: Type.Optional(Type.Boolean()),
  },
  closed,
);
const pushBody = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1000 }) }, closed);

export function invoiceRoutes(context: BillingContext): Routes {
  const { database } = context;
  return (server) => {
    server.get("/invoices", { schema: { querystring: listQuery } }, async (request) => {
      const { customer = null, status = null } = request.query;
      const limit = pageLimit(request.query);
      const key = cursorKey(request.query);
      const after = key && { frozenAt: Number(key[0]), id: String(key[1]) };
      const rows = await listInvoices(database, { customer, status, after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ frozen_at, id }) => [frozen_at, id]);
      return {
        items: (await viewInvoices(database, page.items)).map(invoiceJson),
        next: page.next,
      };
    });

    server.get("/invoices/:id", { schema: { params: byId } }, async (request) =>
      detailJson(await viewInvoice(database, request.params.id)),
    );

    server.get("/invoices/:id/text", { schema: { params: byId } }, async (request, reply) => {
      const text = explainView(await viewInvoice(database, request.params.id));
      return reply.type("text/plain; charset=utf-8").send(text);
    });

    server.post("/invoices/:id/replay", { schema: { params: byId } }, async (request) =>
      replayInvoice(database, request.params.id),
    );

    server.post(
      "/invoices/:id/push",
      { schema: { params: byId, body: pushBody } },
      async (request) => {
        const { id } = request.params;
        await pushAgain(context, operatorOf(request), { id, reason: request.body.reason });
        await pushDocuments(context, { patient: true });
        return detailJson(await viewInvoice(database, id));
      },
    );

    server.post("/invoices/preview", { schema: { body: previewBody } }, async (request) => {
      const { customer, period } = request.body;
      const at = period === undefined ? null : instantOf(period, "period");
      return { statement: await previewInvoice(context, { customer, at }) };
    });

    server.post("/invoices/close", { schema: { body: closeBody } }, async (request) => {
      const { customer = null, period, accept_unpriced: acceptUnpriced = false } = request.body;
      const at = period === undefined ? null : instantOf(period, "period");
      const wanted = { customer, at, acceptUnpriced };
      const ids = await closeOnDemand(context, operatorOf(request), wanted);
      await pushDocuments(context, { patient: true });
      const booked = await Promise.all(ids.map((id) => findInvoice(database, id)));
      const views = await viewInvoices(
        database,
        booked.filter((invoice) => invoice !== null),
      );
      const now = formatInstant(context.clock.now());
      const waiting = (await closeRows(context, customer))
        .map(closeJson)
        .filter(({ state, earliest }) => state === "waiting" && (earliest ?? "") <= now);
      return { closed: views.map(invoiceJson), waiting };
    });
  };
}
