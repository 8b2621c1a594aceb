/** Webhooks and events as the API takes and shows them. */

import Type from "typebox";
import { pageQuery } from "../paging.ts";
import {
  countShape,
  instantOrNullShape,
  instantShape,
  naming,
  oneOf,
  orNull,
  shape,
  textOrNullShape,
  textShape,
} from "./shape.ts";

export const webhookShape = shape({
  id: textShape,
  url: textShape,
  types: Type.Array(textShape, { description: "Empty: all events" }),
  description: textShape,
  created_at: instantShape,
  created_by: textShape,
  disabled_at: instantOrNullShape,
  disabled_reason: textOrNullShape,
  pending: countShape,
  failed: countShape,
  last_delivered_at: instantOrNullShape,
});

const secretShape = Type.String({
  description: "`whsec_…`, as the Standard Webhooks specification writes it",
  "x-shown-once": true,
});
export const issuedShape = shape({ webhook: webhookShape, secret: secretShape });
export const rotatedShape = shape({ secret: secretShape, overlap_until: instantShape });

const outcomeMembers = {
  delivered: Type.Boolean(),
  status: orNull(Type.Integer({ description: "What the endpoint answered" })),
  detail: textShape,
  milliseconds: countShape,
};
export const outcomeShape = shape(outcomeMembers);
export const testedShape = shape({ event: textShape, ...outcomeMembers });

const deliveryStatusShape = oneOf("pending", "delivered", "failed");
export const deliveryShape = shape({
  event: textShape,
  type: textShape,
  status: deliveryStatusShape,
  attempts: countShape,
  next_at: instantOrNullShape,
  created_at: instantShape,
  finished_at: instantOrNullShape,
  last_status: orNull(Type.Integer()),
  last_detail: textOrNullShape,
});

export const eventShape = shape({
  id: textShape,
  type: textShape,
  happened_at: instantShape,
  recorded_at: instantShape,
  customer: textOrNullShape,
  installation: textOrNullShape,
  payload: Type.Unknown({ description: "As it is delivered: type, timestamp, data" }),
});

export const webhookId = Type.String({ minLength: 1, maxLength: 64 });
export const addBody = shape({
  url: Type.String({ minLength: 8, maxLength: 2000 }),
  types: Type.Optional(
    Type.Array(Type.String({ maxLength: 64 }), {
      maxItems: 50,
      description: "Events, or groups such as `invoice.*`; all when absent",
    }),
  ),
  description: Type.Optional(Type.String({ maxLength: 200 })),
});
export const rotateBody = shape({
  overlap_hours: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 720,
      description: "How long the secret before signs beside the new one; 24 when absent",
    }),
  ),
});
export const deliveriesQuery = shape({
  ...pageQuery,
  status: Type.Optional(deliveryStatusShape),
});
export const eventsQuery = shape({
  ...pageQuery,
  type: Type.Optional(
    Type.String({ maxLength: 64, description: "An event, or a group such as `invoice.*`" }),
  ),
  customer: Type.Optional(naming("customer")),
});
