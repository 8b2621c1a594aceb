/**
 * What has been told is kept for a while, so that it can be looked up and sent once more, and then let go of. What could
 * not be delivered is kept four times as long, and its end is in the audit log: nothing is dropped silently.
 */

import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import { formatInstant, secondsPerDay } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import type { Database } from "../store/database.ts";
import { dropEvents } from "../store/event-retention.ts";

export const eventRetentionDaysDefault = 90;
/** So much longer for what was given up: somebody may want it once his endpoint is there again. */
const undeliveredFactor = 4;
/** A transaction's share; and a run's, so that it ends. */
const batch = 500;
const batchesMax = 200;

/** Answers how many events were let go of. */
export async function sweepEvents({
  database,
  clock,
  logger,
  retentionDays,
}: {
  database: Database;
  clock: Clock;
  logger: Logger;
  retentionDays: number;
}): Promise<number> {
  const now = clock.now();
  const before = now - retentionDays * secondsPerDay;
  const undeliveredBefore = now - undeliveredFactor * retentionDays * secondsPerDay;
  let dropped = 0;
  for (let count = 0; count < batchesMax; count += 1) {
    const found = await database.transaction(async (db) => {
      const gone = await dropEvents(db, { before, undeliveredBefore, limit: batch });
      for (const { endpoint, events, first, last } of gone.undelivered) {
        const after = { events, first: formatInstant(first), last: formatInstant(last) };
        logger.warn({ endpoint, ...after }, "events that were never delivered are dropped");
        await audit(db, {
          at: now,
          who: "submeter",
          action: "webhook.events_dropped",
          subject: `webhook:${endpoint}`,
          reason: `not delivered within ${undeliveredFactor * retentionDays} days`,
          after,
        });
      }
      return gone.dropped;
    });
    dropped += found;
    if (found < batch) break;
  }
  return dropped;
}
