/** Who is told of events: added with a secret that is shown once, rotated with an overlap, tried out, removed. */

import { formatInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { ClashError } from "../fleet/clash.ts";
import { UnknownError } from "../fleet/unknown.ts";
import { audit } from "../store/audit.ts";
import type { Queryable } from "../store/database.ts";
import { eventTypes, recordEvents } from "../store/events.ts";
import {
  disableEndpoint,
  type EndpointRow,
  findEndpoint,
  insertEndpoint,
} from "../store/webhooks.ts";
import { judgeUrl } from "./address.ts";
import { deliverAgain, type EventsContext } from "./deliver.ts";
import { issueSecret } from "./endpoint-secrets.ts";
import type { PostOutcome } from "./post.ts";

type Actor = { readonly name: string };

const groups = [...new Set(eventTypes.map((type) => `${type.split(".")[0]}.*`))];

/** Throws `webhook_url_refused`, `event_type_unknown`. */
export async function addEndpoint(
  context: EventsContext,
  actor: Actor,
  given: { url: string; types: readonly string[]; description: string },
): Promise<{ endpoint: EndpointRow; secret: string }> {
  const judged = judgeUrl(given.url, context);
  if (judged.kind === "refused") throw urlRefused(given.url, judged.why);
  const known: readonly string[] = [...eventTypes, ...groups];
  const strange = given.types.find((type) => !known.includes(type));
  if (strange !== undefined) throw typeUnknown(strange);
  const now = context.clock.now();
  const id = `wh_${Buffer.from(context.random(9)).toString("hex")}`;
  return context.database.transaction(async (db) => {
    const { types, description } = given;
    const row = { id, url: given.url, types, description, created_at: now, created_by: actor.name };
    await insertEndpoint(db, row);
    const secret = await issueSecret(db, context, id, { now, overlapUntil: now });
    const subject = `webhook:${id}`;
    const after = { url: given.url, types };
    await audit(db, { at: now, who: actor.name, action: "webhook.added", subject, after });
    return { endpoint: { ...row, disabled_at: null, disabled_reason: null }, secret };
  });
}

/** The secret before signs beside the new one for so long. Throws `webhook_unknown`, `webhook_disabled`. */
export async function rotateSecret(
  context: EventsContext,
  actor: Actor,
  o: { id: string; overlapHours: number },
): Promise<{ secret: string; overlapUntil: number }> {
  const now = context.clock.now();
  const overlapUntil = now + o.overlapHours * secondsPerHour;
  return context.database.transaction(async (db) => {
    await enabledEndpoint(db, o.id);
    const secret = await issueSecret(db, context, o.id, { now, overlapUntil });
    await audit(db, {
      at: now,
      who: actor.name,
      action: "webhook.secret_rotated",
      subject: `webhook:${o.id}`,
      after: { overlap_until: formatInstant(overlapUntil) },
    });
    return { secret, overlapUntil };
  });
}

/** Throws `webhook_unknown`, `webhook_disabled`. */
export async function removeEndpoint(
  context: EventsContext,
  actor: Actor,
  o: { id: string; reason: string },
): Promise<EndpointRow> {
  const now = context.clock.now();
  return context.database.transaction(async (db) => {
    const before = await enabledEndpoint(db, o.id);
    await disableEndpoint(db, o.id, { at: now, reason: o.reason });
    await audit(db, {
      at: now,
      who: actor.name,
      action: "webhook.removed",
      subject: `webhook:${o.id}`,
      reason: o.reason,
      before: { url: before.url },
    });
    return { ...before, disabled_at: now, disabled_reason: o.reason };
  });
}

/** Sends an event that means nothing, to this endpoint alone, and answers what it said. */
export async function testEndpoint(
  context: EventsContext,
  actor: Actor,
  id: string,
): Promise<{ event: string } & PostOutcome> {
  const now = context.clock.now();
  await enabledEndpoint(context.database, id);
  const key = `${id} ${Buffer.from(context.random(9)).toString("hex")}`;
  const data = { endpoint: id, asked_by: actor.name };
  const [event = ""] = await recordEvents(
    context.database,
    [{ type: "webhook.test", key, at: now, data }],
    now,
    id,
  );
  const outcome = await deliverAgain(context, { endpoint: id, event });
  if (outcome === null) throw webhookUnknown(id);
  return { event, ...outcome };
}

/** Throws `webhook_unknown`, `webhook_disabled`, `event_unknown`. */
export async function redeliver(
  context: EventsContext,
  key: { endpoint: string; event: string },
): Promise<PostOutcome> {
  await enabledEndpoint(context.database, key.endpoint);
  const outcome = await deliverAgain(context, key);
  if (outcome !== null) return outcome;
  throw new UnknownError(
    "event_unknown",
    `there is no event ${JSON.stringify(key.event)}`,
    "list them with `submeter webhooks deliveries`",
  );
}

async function enabledEndpoint(db: Queryable, id: string): Promise<EndpointRow> {
  const row = await findEndpoint(db, id);
  if (row === null) throw webhookUnknown(id);
  if (row.disabled_at === null) return row;
  throw new ClashError(
    "webhook_disabled",
    `${id} is sent nothing since ${formatInstant(row.disabled_at)}: ${row.disabled_reason ?? ""}`,
    "add it anew with `submeter webhooks add`",
  );
}

export function webhookUnknown(id: string): UnknownError {
  return new UnknownError(
    "webhook_unknown",
    `there is no webhook ${JSON.stringify(id)}`,
    "list them with `submeter webhooks list`",
  );
}

function urlRefused(url: string, why: string): SubmeterError {
  return new SubmeterError(
    "webhook_url_refused",
    `events are not sent to ${JSON.stringify(url)}: ${why}`,
    "give an https URL of a host that the public network reaches, without a user name in it",
  );
}

function typeUnknown(type: string): SubmeterError {
  return new SubmeterError(
    "event_type_unknown",
    `there is no event ${JSON.stringify(type)}`,
    `name events such as ${eventTypes[2]}, or a group such as ${groups.join(", ")}`,
  );
}
