/**
 * When the collector was accepting reports, by its own signed log, and when an installation could not report by the
 * vendor's doing. Silence then is nobody's default (billing rules, section 2).
 */

import { clip, subtract, union } from "@submeter/shared/coverage/intervals";
import type { Clock } from "@submeter/shared/time/clock";
import { formatInstant, type Instant, type Interval } from "@submeter/shared/time/instant";
import { spansBetween, writeSpan } from "../store/availability.ts";
import type { Database, Queryable } from "../store/database.ts";
import { keyEventsOf, type KeyState } from "../store/installation-keys.ts";
import type { CollectorIdentity } from "./collector-identity.ts";

/** A process writes at least so often that it is up. */
export const tickIntervalSeconds = 30;
/** Ticks further apart than two intervals are an outage between them; nearer ones are one span. */
const gapSecondsMax = 2 * tickIntervalSeconds;

export type AvailabilityLog = {
  /** Says that the collector is up now. It fails when the database cannot be reached, which is then an outage. */
  tick(): Promise<void>;
  /** The time since the last tick counts as available however long it was: a clock that is moved, not an outage. */
  bridge(): Promise<void>;
  /** The next tick begins a new span. */
  interrupt(): void;
};

/** `instance` is a fresh UUID of this process. */
export function openAvailabilityLog(o: {
  database: Database;
  clock: Clock;
  identity: Pick<CollectorIdentity, "collector" | "signer">;
  instance: string;
}): AvailabilityLog {
  let span: Interval | null = null;

  const write = async (startedAt: Instant, now: Instant): Promise<void> => {
    const { collector, signer } = o.identity;
    const { publicKey } = signer;
    const words = [collector, o.instance, formatInstant(startedAt), formatInstant(now)];
    const text = ["submeter-availability", ...words].join("\n");
    const signature = signer.sign(new TextEncoder().encode(text));
    const { instance, database } = o;
    await writeSpan(database, { instance, startedAt, lastTickAt: now, publicKey, signature });
    span = { from: startedAt, to: now };
  };

  return {
    tick: async () => {
      const now = o.clock.now();
      const continues = span !== null && now >= span.to && now - span.to <= gapSecondsMax;
      await write(continues && span !== null ? span.from : now, now);
    },
    bridge: async () => {
      const now = o.clock.now();
      await write(span?.from ?? now, now);
    },
    interrupt: () => {
      span = null;
    },
  };
}

/** When no process was accepting reports, within [from, to); `to` is not after now. */
export async function outages(
  database: Queryable,
  from: Instant,
  to: Instant,
): Promise<Interval[]> {
  if (from >= to) return [];
  const spans = await spansBetween(database, from - gapSecondsMax, to + gapSecondsMax);
  const up = spans.map((span) => ({
    from: span.started_at,
    to: span.last_tick_at + gapSecondsMax,
  }));
  const down = subtract([{ from, to }], union(up));
  // A span is known to last until its last tick; it was lengthened only to bridge the short gaps.
  const ends = spans.map((span) => span.last_tick_at);
  return down
    .map((gap) => ({ from: lastEndBefore(ends, gap.from) ?? gap.from, to: gap.to }))
    .map((gap) => ({ from: Math.max(gap.from, from), to: gap.to }));
}

/** When this installation could not report: outages, and times without a key under which reports count. */
export async function unaccountable(
  database: Queryable,
  installation: string,
  from: Instant,
  to: Instant,
): Promise<Interval[]> {
  const lost = await unaccountableOf(database, [installation], from, to);
  return lost.get(installation) ?? [];
}

/** The same of many at once, by installation. */
export async function unaccountableOf(
  database: Queryable,
  installations: readonly string[],
  from: Instant,
  to: Instant,
): Promise<Map<string, Interval[]>> {
  if (from >= to) return new Map();
  const down = await outages(database, from, to);
  const events = Map.groupBy(
    await keyEventsOf(database, installations),
    (event) => event.installation_id,
  );
  return new Map(
    installations.map((installation) => {
      const keyless = keylessTimes(events.get(installation) ?? [], { from, to });
      return [installation, clip(union(down, keyless), { from, to })];
    }),
  );
}

/** Before its first key it could not have reported, whatever date it was enrolled as of. Without any record: none. */
function keylessTimes(
  events: readonly { number: string; state: KeyState; at: Instant }[],
  bounds: Interval,
): Interval[] {
  const states = new Map<string, KeyState>();
  const without: Interval[] = [];
  let since: Instant | null = events.length === 0 ? null : bounds.from;
  for (const { number, state, at } of events) {
    states.set(number, state);
    const usable = [...states.values()].some((s) => s === "active" || s === "verify-only");
    if (usable && since !== null) {
      without.push({ from: since, to: at });
      since = null;
    } else if (!usable && since === null) {
      since = at;
    }
  }
  if (since !== null) without.push({ from: since, to: bounds.to });
  return clip(union(without), bounds);
}

function lastEndBefore(ends: readonly Instant[], instant: Instant): Instant | null {
  const before = ends.filter((end) => end + gapSecondsMax <= instant);
  return before.length === 0 ? null : before.reduce((a, b) => Math.max(a, b));
}
