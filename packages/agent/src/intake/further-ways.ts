/** Starts the ways in that listen or ask by themselves, and ends them: StatsD, scraped pages, heartbeats. */

import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import type { GroupCommit } from "../counting/group-commit.ts";
import type { ScrapeTarget, Ways } from "../ways.ts";
import { ProductHeartbeat, answers } from "./product-heartbeat.ts";
import type { PageRules } from "./scrape/read-page.ts";
import { type ScrapeStatus, Scraper } from "./scrape/scraper.ts";
import { StatsdIntake } from "./statsd.ts";
import { type StatsdListener, startStatsd } from "./statsd-server.ts";

export type FurtherWaysParts = {
  readonly ways: Ways;
  readonly rules: PageRules;
  readonly clock: Clock;
  readonly submit: GroupCommit["submit"];
  readonly log: Logger;
  /** A way listens no more, although nobody ended it: only a new start brings it back. */
  readonly onLost: (error: Error) => void;
};

export type FurtherWays = {
  readonly status: () => FurtherWaysStatus;
  /** Once a second: asks what is due. */
  readonly poll: () => void;
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
  readonly scrape: readonly ScrapeStatus[];
  readonly heartbeat: readonly { readonly meter: string; readonly up_at: number | null }[];
};

/** Throws `listen_failed`. */
export async function startFurtherWays(parts: FurtherWaysParts): Promise<FurtherWays> {
  const { ways, rules, clock, submit, log } = parts;
  const scrapers = ways.scrape.map((target) => scraperOf(target, parts));
  const heartbeats = ways.heartbeat.map(
    (way) =>
      new ProductHeartbeat({
        way,
        rules,
        clock,
        submit,
        isUp: answers,
        onFault: (error) => {
          log.error({ err: error, meter: way.meter }, "looking whether the product is up failed");
        },
      }),
  );
  const statsd = await startStatsdWay(parts);
  const stop = async (): Promise<void> => {
    await statsd?.stop();
    await Promise.all([...scrapers, ...heartbeats].map((asker) => asker.settled()));
  };
  let stopped: Promise<void> | null = null;
  return {
    status: () => ({
      statsd: statsd?.status() ?? null,
      scrape: scrapers.map(({ status }) => status),
      heartbeat: heartbeats.map(({ upAt }, index) => ({
        meter: ways.heartbeat[index]?.meter ?? "",
        up_at: upAt,
      })),
    }),
    poll: () => {
      if (stopped !== null) return;
      for (const asker of [...scrapers, ...heartbeats]) asker.poll();
    },
    stop: () => (stopped ??= stop()),
  };
}

function scraperOf(target: ScrapeTarget, { rules, clock, submit, log }: FurtherWaysParts) {
  return new Scraper({
    target,
    rules,
    clock,
    submit,
    onProblem: (problem, { source }) => {
      log.warn({ source, problem }, "a page of metrics was not counted");
    },
    onFault: (error) => {
      log.error({ err: error, source: target.source }, "reading a page of metrics failed");
    },
  });
}

/** The first of each kind, then each tenfold: a product that sends nonsense must not fill the log. */
function isWorthSaying(count: number): boolean {
  return /^10*$/.test(String(count));
}

async function startStatsdWay({ ways, rules, clock, submit, log, onLost }: FurtherWaysParts) {
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
    for (const place of ways.statsd.places)
      listeners.push(await startStatsd(place, intake, onLost));
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
