/**
 * Delivers events to those who asked for them:
 *
 *   due ─► a few of each endpoint ─► signed ─► posted ─► attempt written ─► delivered, later, or given up
 *
 * Endpoints are served side by side, and one that fails is left alone for the round: it costs the others nothing.
 */

import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import type { MasterKey } from "../fleet/sealed-secrets.ts";
import type { Database } from "../store/database.ts";
import {
  claimDue,
  claimOne,
  disableEndpoint,
  type DueDelivery,
  putBack,
  saveAttempt,
} from "../store/webhooks.ts";
import { endpointSecrets } from "./endpoint-secrets.ts";
import { afterAttempt } from "./next-attempt.ts";
import type { PostOutcome } from "./post.ts";
import { webhookHeaders } from "./signature.ts";

export type EventsContext = {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly masterKey: MasterKey;
  readonly random: (length: number) => Uint8Array;
  readonly post: (message: {
    url: string;
    body: string;
    headers: Record<string, string>;
  }) => Promise<PostOutcome>;
  /** For development alone. */
  readonly allowLoopback: boolean;
};

export type Delivered = { delivered: number; failed: number };

/** Longer than any attempt: whoever dies in the middle leaves it to the next. */
const leaseSeconds = 120;
const perEndpoint = 20;
/** So many rounds at a time; the next minute goes on where this one stopped. */
const roundsMax = 25;
/** Where a failed endpoint's other deliveries go on. */
const pauseSeconds = 60;

export async function deliverDue(context: EventsContext): Promise<Delivered> {
  const total = { delivered: 0, failed: 0 };
  for (let round = 0; round < roundsMax; round += 1) {
    const now = context.clock.now();
    const leaseUntil = now + leaseSeconds;
    const due = await claimDue(context.database, { now, leaseUntil, perEndpoint });
    const groups = [...Map.groupBy(due, (one) => one.endpoint_id).values()];
    const rounds = await Promise.all(groups.map((group) => deliverInOrder(context, group)));
    total.delivered += rounds.reduce((sum, { delivered }) => sum + delivered, 0);
    total.failed += rounds.reduce((sum, { failed }) => sum + failed, 0);
    if (rounds.every(({ delivered }) => delivered === 0)) return total;
  }
  return total;
}

async function deliverInOrder(
  context: EventsContext,
  deliveries: readonly DueDelivery[],
): Promise<Delivered> {
  let delivered = 0;
  for (const [index, delivery] of deliveries.entries()) {
    const outcome = await deliverOne(context, delivery);
    if (outcome.kind === "delivered") {
      delivered += 1;
      continue;
    }
    const rest = deliveries.slice(index + 1);
    await putBack(context.database, rest, context.clock.now() + pauseSeconds);
    return { delivered, failed: 1 };
  }
  return { delivered, failed: 0 };
}

/** Once more, by hand: now, whatever was before. Null when endpoint or event is unknown, or the endpoint is disabled. */
export async function deliverAgain(
  context: EventsContext,
  key: { endpoint: string; event: string },
): Promise<PostOutcome | null> {
  const now = context.clock.now();
  const claim = { now, leaseUntil: now + leaseSeconds };
  const delivery = await claimOne(context.database, key, claim);
  return delivery === null ? null : (await deliverOne(context, delivery)).outcome;
}

async function deliverOne(context: EventsContext, delivery: DueDelivery) {
  const { database, clock, random } = context;
  const now = clock.now();
  const { endpoint_id: endpoint, event_id: id, payload: body, url } = delivery;
  const secrets = await endpointSecrets(context, endpoint, now);
  const headers = webhookHeaders(secrets, { id, at: now, body });
  const outcome = await context.post({ url, body, headers });
  const jitter = (random(1)[0] ?? 0) / 256;
  const next = afterAttempt(outcome.status, { tries: delivery.tries, now, jitter });
  await database.transaction(async (db) => {
    const attempt = { at: now, ...outcome };
    switch (next.kind) {
      case "delivered":
        return saveAttempt(db, delivery, attempt, { status: "delivered", at: null });
      case "later":
        return saveAttempt(db, delivery, attempt, { status: "pending", at: next.at });
      case "given_up":
        return saveAttempt(db, delivery, attempt, { status: "failed", at: null });
      case "gone":
        await saveAttempt(db, delivery, attempt, { status: "failed", at: null });
        return disableEndpoint(db, endpoint, { at: now, reason: "it answered 410: gone" });
    }
  });
  if (next.kind !== "delivered") {
    const { status, detail } = outcome;
    context.logger.warn(
      { endpoint, event: id, status, detail, next: next.kind },
      "event not delivered",
    );
  }
  return { kind: next.kind, outcome };
}
