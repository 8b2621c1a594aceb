/** Starts the ways in that listen or ask by themselves, and ends them: StatsD, scraped pages, heartbeats. */

import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import type { GroupCommit } from "../counting/group-commit.ts";
import type { Ways } from "../ways.ts";
import type { ForeignNames } from "./foreign-names.ts";
import type { EventRules } from "./read-events.ts";
import { StatsdIntake } from "./statsd.ts";
import { type StatsdListener, startStatsd } from "./statsd-server.ts";

export type FurtherWaysParts = {
  readonly ways: Ways;
  readonly rules: EventRules & ForeignNames;
  readonly clock: Clock;
  readonly submit: GroupCommit["submit"];
  readonly log: Logger;
};

export type FurtherWays = {
  readonly status: () => FurtherWaysStatus;
  /** Takes nothing more; what came is handed over to be counted. */
  readonly stop: () => Promise<void>;
};

export type FurtherWaysStatus = {
  readonly statsd: {
    readonly listening: readonly string[];
    readonly packets: number;
    readonly counted: number;
    readonly bad: Readonly<Record<string, number>>;
    readonly not_durable: number;
    /** By the kernel, because its buffer was full; null where it cannot be told. */
    readonly dropped: number | null;
  } | null;
};

/** Throws `listen_failed`. */
export async function startFurtherWays(parts: FurtherWaysParts): Promise<FurtherWays> {
  const statsd = await startStatsdWay(parts);
  return {
    status: () => ({ statsd: statsd?.status() ?? null }),
    stop: async () => {
      await statsd?.stop();
    },
  };
}

/** The first of each kind, then each tenfold: a product that sends nonsense must not fill the log. */
function isWorthSaying(count: number): boolean {
  return /^10*$/.test(String(count));
}

async function startStatsdWay({ ways, rules, clock, submit, log }: FurtherWaysParts) {
  if (ways.statsd === null) return null;
  const onBad = (why: string, lines: number): void => {
    if (isWorthSaying(lines)) log.warn({ why, lines }, "StatsD lines were not counted");
  };
  const intake = new StatsdIntake({ way: ways.statsd, rules, clock, submit, onBad });
  const listeners: StatsdListener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  try {
    for (const place of ways.statsd.places) listeners.push(await startStatsd(place, intake));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    status: () => ({
      listening: listeners.map(({ address }) => address),
      packets: intake.counts.packets,
      counted: intake.counts.counted,
      bad: { ...intake.counts.bad },
      not_durable: intake.counts.notDurable,
      dropped: sumOrNull(listeners.map(({ dropped }) => dropped())),
    }),
    stop: async () => {
      await close();
      intake.hand();
    },
  };
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
