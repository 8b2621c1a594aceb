/**
 * Delivers events to those who asked for them:
 *
 *   endpoints with something due ─► a few deliveries ─► signed ─► posted ─► attempt written ─► delivered, later, or given up
 *
 * Endpoints are served side by side: one that fails is left alone for the run, one that is slow keeps itself waiting.
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
  endpointsDue,
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

/** So long one run delivers; what is left is due again at once, for the next. */
const runMs = 45_000;
/** Longer than a run and an attempt together: what somebody has in hand is nobody else's; what he died with is, then. */
const leaseSeconds = 120;
const claimedAtOnce = 20;
const endpointsAtOnce = 32;
/** Where a failed endpoint's other deliveries go on. */
const pauseSeconds = 60;

export async function deliverDue(context: EventsContext): Promise<Delivered> {
  const { database, clock } = context;
  const waiting = await endpointsDue(database, clock.now());
  const stopAtMs = clock.monotonicMs() + runMs;
  const total = { delivered: 0, failed: 0 };
  const serveNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { delivered, failed } = await serveEndpoint(context, next, stopAtMs);
      total.delivered += delivered;
      total.failed += failed;
    }
  };
  await Promise.all(Array.from({ length: endpointsAtOnce }, serveNext));
  return total;
}

async function serveEndpoint(
  context: EventsContext,
  endpoint: string,
  stopAtMs: number,
): Promise<Delivered> {
  const { database, clock, logger } = context;
  let delivered = 0;
  try {
    while (clock.monotonicMs() < stopAtMs) {
      const now = clock.now();
      const claim = { endpoint, now, leaseUntil: now + leaseSeconds, limit: claimedAtOnce };
      const due = await claimDue(database, claim);
      const served = await deliverInOrder(context, due, stopAtMs);
      delivered += served.delivered;
      if (served.failed > 0) return { delivered, failed: served.failed };
      if (served.delivered < claimedAtOnce) break;
    }
    return { delivered, failed: 0 };
  } catch (error) {
    // A secret that cannot be opened, a row that cannot be written: the others are served all the same.
    logger.error({ err: error, endpoint }, "an endpoint not served");
    return { delivered, failed: 1 };
  }
}

async function deliverInOrder(
  context: EventsContext,
  deliveries: readonly DueDelivery[],
  stopAtMs: number,
): Promise<Delivered> {
  const { database, clock } = context;
  let delivered = 0;
  for (const [index, delivery] of deliveries.entries()) {
    if (clock.monotonicMs() >= stopAtMs) {
      await putBack(database, deliveries.slice(index), clock.now());
      return { delivered, failed: 0 };
    }
    const outcome = await deliverOne(context, delivery);
    if (outcome.kind === "delivered") {
      delivered += 1;
      continue;
    }
    await putBack(database, deliveries.slice(index + 1), clock.now() + pauseSeconds);
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
