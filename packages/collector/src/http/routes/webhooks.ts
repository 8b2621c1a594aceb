/** `/api/v1/webhooks` and `/api/v1/events`: who is told, what was told, and once more by hand. */

import type { EventsContext } from "../../events/deliver.ts";
import {
  addEndpoint,
  redeliver,
  removeEndpoint,
  rotateSecret,
  testEndpoint,
  webhookUnknown,
} from "../../events/endpoints.ts";
import type { PostOutcome } from "../../events/post.ts";
import { formatInstant } from "@submeter/shared/time/instant";
import type { Queryable } from "../../store/database.ts";
import { type EventRow, listEvents } from "../../store/events.ts";
import {
  type DeliveryRow,
  endpointHealth,
  type EndpointRow,
  findEndpoint,
  listDeliveries,
  listEndpoints,
} from "../../store/webhooks.ts";
import { operators } from "../api/access.ts";
import type { Api, ApiRoutes } from "../api/operation.ts";
import { textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import { pageShape, reasonText, shape, textShape } from "../shapes/shape.ts";
import {
  addBody,
  deliveriesQuery,
  deliveryShape,
  eventShape,
  eventsQuery,
  issuedShape,
  outcomeShape,
  rotateBody,
  rotatedShape,
  testedShape,
  webhookId,
  webhookShape,
} from "../shapes/webhook.ts";

const tag = "webhooks";
const byId = shape({ id: webhookId });

export function webhookRoutes(context: EventsContext): ApiRoutes {
  return (api) => {
    listRoutes(api, context);
    changeRoutes(api, context);
    deliveryRoutes(api, context);
  };
}

function listRoutes(api: Api, { database }: EventsContext): void {
  api.get(
    "/webhooks",
    {
      summary: "List who is told of events",
      tag,
      access: operators("read-only"),
      query: shape(pageQuery),
      answer: pageShape(webhookShape),
    },
    async (request) => {
      const limit = pageLimit(request.query);
      const after = cursorKey(request.query, "text")?.[0] ?? "";
      const rows = await listEndpoints(database, { after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ id }) => [id]);
      return { items: await described(database, page.items), next: page.next };
    },
  );

  api.get(
    "/webhooks/:id/deliveries",
    {
      summary: "List what was sent to an endpoint, newest first",
      tag,
      access: operators("read-only"),
      params: byId,
      query: deliveriesQuery,
      answer: pageShape(deliveryShape),
    },
    async (request) => {
      const { id: endpoint } = request.params;
      if ((await findEndpoint(database, endpoint)) === null) throw webhookUnknown(endpoint);
      const { status = null } = request.query;
      const limit = pageLimit(request.query);
      const key = cursorKey(request.query, "instant", "text");
      const after = key && { createdAt: key[0], event: key[1] };
      const found = { after, limit: limit + 1 };
      const rows = await listDeliveries(database, { endpoint, status }, found);
      const page = pageOf(rows, limit, (row) => [row.created_at, row.event_id]);
      return { items: page.items.map(deliveryJson), next: page.next };
    },
  );

  api.get(
    "/events",
    {
      summary: "List what happened, newest first",
      tag,
      access: operators("read-only"),
      query: eventsQuery,
      answer: pageShape(eventShape),
    },
    async (request) => {
      const { type = null, customer = null } = request.query;
      const limit = pageLimit(request.query);
      const key = cursorKey(request.query, "instant", "text");
      const after = key && { recordedAt: key[0], id: key[1] };
      const rows = await listEvents(database, { type, customer }, { after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ recorded_at: at, id }) => [at, id]);
      return { items: page.items.map(eventJson), next: page.next };
    },
  );
}

function changeRoutes(api: Api, context: EventsContext): void {
  const { database } = context;
  api.post(
    "/webhooks",
    {
      summary: "Tell an endpoint of events",
      tag,
      access: operators("owner"),
      body: addBody,
      answer: issuedShape,
      status: 201,
    },
    async (request, reply) => {
      const { url, types = [], description = "" } = request.body;
      const given = { url, types, description };
      const { endpoint, secret } = await addEndpoint(context, operatorOf(request), given);
      reply.code(201);
      return { webhook: await describedOne(database, endpoint), secret };
    },
  );

  api.post(
    "/webhooks/:id/rotate",
    {
      summary: "Make a new secret, beside which the one before signs for a while",
      tag,
      access: operators("owner"),
      params: byId,
      body: rotateBody,
      answer: rotatedShape,
      status: 201,
    },
    async (request, reply) => {
      const overlapHours = request.body.overlap_hours ?? 24;
      const order = { id: request.params.id, overlapHours };
      const { secret, overlapUntil } = await rotateSecret(context, operatorOf(request), order);
      reply.code(201);
      return { secret, overlap_until: formatInstant(overlapUntil) };
    },
  );

  api.post(
    "/webhooks/:id/remove",
    {
      summary: "Send an endpoint nothing more",
      tag,
      access: operators("owner"),
      params: byId,
      body: shape({ reason: reasonText }),
      answer: webhookShape,
    },
    async (request) => {
      const order = { id: request.params.id, reason: request.body.reason };
      return describedOne(database, await removeEndpoint(context, operatorOf(request), order));
    },
  );
}

function deliveryRoutes(api: Api, context: EventsContext): void {
  api.post(
    "/webhooks/:id/test",
    {
      summary: "Send an event that means nothing, now",
      tag,
      access: operators("billing"),
      repeatable: true,
      params: byId,
      answer: testedShape,
    },
    async (request) => {
      const { id } = request.params;
      const { event, ...outcome } = await testEndpoint(context, operatorOf(request), id);
      return { event, ...outcomeJson(outcome) };
    },
  );

  api.post(
    "/webhooks/:id/deliveries/:event/redeliver",
    {
      summary: "Send an event once more, now",
      tag,
      access: operators("billing"),
      repeatable: true,
      params: shape({ id: webhookId, event: textShape }),
      answer: outcomeShape,
    },
    async (request) => {
      const { id: endpoint, event } = request.params;
      return outcomeJson(await redeliver(context, { endpoint, event }));
    },
  );
}

async function describedOne(database: Queryable, row: EndpointRow) {
  const [webhook] = await described(database, [row]);
  if (webhook === undefined) throw new RangeError("one row is described as one");
  return webhook;
}

async function described(database: Queryable, rows: readonly EndpointRow[]) {
  const health = await endpointHealth(
    database,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => {
    const known = health.find(({ endpoint_id: id }) => id === row.id);
    return {
      id: row.id,
      url: row.url,
      types: row.types,
      description: row.description,
      created_at: formatInstant(row.created_at),
      created_by: row.created_by,
      disabled_at: textOrNull(row.disabled_at),
      disabled_reason: row.disabled_reason,
      pending: known?.pending ?? 0,
      failed: known?.failed ?? 0,
      last_delivered_at: textOrNull(known?.last_delivered_at ?? null),
    };
  });
}

function deliveryJson(row: DeliveryRow) {
  return {
    event: row.event_id,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    next_at: textOrNull(row.next_at),
    created_at: formatInstant(row.created_at),
    finished_at: textOrNull(row.finished_at),
    last_status: row.last_status,
    last_detail: row.last_detail,
  };
}

function outcomeJson({ status, detail, milliseconds }: PostOutcome) {
  const delivered = status !== null && status >= 200 && status < 300;
  return { delivered, status, detail, milliseconds };
}

function eventJson(row: EventRow) {
  return {
    id: row.id,
    type: row.type,
    happened_at: formatInstant(row.happened_at),
    recorded_at: formatInstant(row.recorded_at),
    customer: row.customer_id,
    installation: row.installation_id,
    payload: JSON.parse(row.payload) as unknown,
  };
}
