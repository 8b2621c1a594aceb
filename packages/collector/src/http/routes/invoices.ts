/** `/api/v1/invoices`: what was booked, how it came about, and what closing now would book. */

import type { FastifyRequest } from "fastify";
import Type from "typebox";
import type { Statement } from "@submeter/shared/rating/statement";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { closeOnDemand } from "../../billing/close-on-demand.ts";
import { closeRows } from "../../billing/close-status.ts";
import { explainView, viewInvoice, viewInvoices } from "../../billing/invoice-view.ts";
import { previewInvoice } from "../../billing/preview-invoice.ts";
import { pushAgain } from "../../billing/push-again.ts";
import { pushDocuments } from "../../billing/push-documents.ts";
import { replayInvoice } from "../../billing/replay-invoice.ts";
import type { Queryable } from "../../store/database.ts";
import { invoiceUnknown } from "../../billing/unknown.ts";
import { findInvoice, listInvoices } from "../../store/invoices.ts";
import { customersToo, operators } from "../api/access.ts";
import type { Api, ApiRoutes } from "../api/operation.ts";
import { instantOf, instantText } from "../instants.ts";
import { detailJson, invoiceJson } from "../invoice-json.ts";
import { customerAsked, mayReach } from "../callers.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import { closeShape } from "../shapes/close.ts";
import { invoiceDetailShape, invoiceShape, invoiceStatusShape } from "../shapes/invoice.ts";
import {
  documentShape,
  naming,
  oneOf,
  pageShape,
  reasonText,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";
import { closeJson } from "./close.ts";

const byId = shape({ id: naming("invoice") });
const listQuery = shape({
  ...pageQuery,
  customer: Type.Optional(naming("customer")),
  status: Type.Optional(invoiceStatusShape),
});
const previewBody = shape({
  customer: naming("customer"),
  period: Type.Optional(instantText),
});
const closeBody = shape({
  customer: Type.Optional(naming("customer")),
  period: Type.Optional(instantText),
  accept_unpriced: Type.Optional(Type.Boolean()),
});
const replayShape = shape({
  result: oneOf("equal", "engine_changed", "broken"),
  statement: textOrNullShape,
  detail: textShape,
});

export function invoiceRoutes(context: BillingContext): ApiRoutes {
  return (api) => {
    readRoutes(api, context);
    bookRoutes(api, context);
  };
}

function readRoutes(api: Api, context: BillingContext): void {
  const { database } = context;
  api.get(
    "/invoices",
    {
      summary: "List invoices, the newest first",
      tag: "invoices",
      access: customersToo("read-only", "billing:read"),
      query: listQuery,
      answer: pageShape(invoiceShape),
    },
    async (request) => {
      const { status = null } = request.query;
      const customer = customerAsked(request, request.query.customer);
      const limit = pageLimit(request.query);
      const key = cursorKey(request.query, "instant", "text");
      const after = key && { frozenAt: key[0], id: key[1] };
      const rows = await listInvoices(database, { customer, status, after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ frozen_at, id }) => [frozen_at, id]);
      return {
        items: (await viewInvoices(database, page.items)).map(invoiceJson),
        next: page.next,
      };
    },
  );

  api.get(
    "/invoices/:id",
    {
      summary: "Show an invoice: each line with how it came about",
      tag: "invoices",
      access: customersToo("read-only", "billing:read"),
      params: byId,
      answer: invoiceDetailShape,
    },
    async (request) => detailJson(await seenInvoice(database, request, request.params.id)),
  );

  api.get(
    "/invoices/:id/text",
    {
      summary: "Show an invoice as a person reads it",
      tag: "invoices",
      access: customersToo("read-only", "billing:read"),
      params: byId,
      answer: textShape,
      media: "text/plain",
    },
    async (request) => explainView(await seenInvoice(database, request, request.params.id)),
  );

  api.post(
    "/invoices/:id/replay",
    {
      summary: "Prove an invoice: compute it again from its frozen inputs",
      tag: "invoices",
      repeatable: true,
      access: customersToo("read-only", "billing:read"),
      params: byId,
      answer: replayShape,
    },
    async (request) => {
      await seenInvoice(database, request, request.params.id);
      return replayInvoice(database, request.params.id);
    },
  );

  api.post(
    "/invoices/preview",
    {
      summary: "Show what a period comes to as of now",
      description: "The same function as the close; nothing is booked.",
      tag: "invoices",
      repeatable: true,
      access: customersToo("read-only", "billing:read"),
      body: previewBody,
      answer: shape({ statement: documentShape<Statement>("The statement as it stands") }),
    },
    async (request) => {
      const { customer, period } = request.body;
      customerAsked(request, customer);
      const at = period === undefined ? null : instantOf(period, "period");
      return { statement: await previewInvoice(context, { customer, at }) };
    },
  );
}

function bookRoutes(api: Api, context: BillingContext): void {
  const { database } = context;
  api.post(
    "/invoices/:id/push",
    {
      summary: "Push an invoice to the payment provider again",
      tag: "invoices",
      repeatable: true,
      access: operators("billing"),
      params: byId,
      body: shape({ reason: reasonText }),
      answer: invoiceDetailShape,
    },
    async (request) => {
      const { id } = request.params;
      await pushAgain(context, operatorOf(request), { id, reason: request.body.reason });
      await pushDocuments(context, { patient: true });
      return detailJson(await viewInvoice(database, id));
    },
  );

  api.post(
    "/invoices/close",
    {
      summary: "Close what can close, and book its invoices",
      tag: "invoices",
      repeatable: true,
      access: operators("billing"),
      body: closeBody,
      answer: shape({ closed: Type.Array(invoiceShape), waiting: Type.Array(closeShape) }),
    },
    async (request) => {
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
    },
  );
}

/** To a customer the invoices of others do not exist. */
async function seenInvoice(database: Queryable, request: FastifyRequest, id: string) {
  const view = await viewInvoice(database, id);
  if (!mayReach(request, view.invoice.customer_id)) throw invoiceUnknown(id);
  return view;
}
