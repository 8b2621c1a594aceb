/** What cannot close, why, and until when: one row for each contract's open period. */

import type { Obstacle } from "@submeter/shared/coverage/close";
import type { HourCounts } from "@submeter/shared/coverage/hours-of-period";
import { grouped, hoursText } from "@submeter/shared/rating/basis";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { contractIds } from "../store/contracts.ts";
import { isUnavailable, type Queryable } from "../store/database.ts";
import { closedPeriods } from "../store/periods.ts";
import { contractTerms } from "@submeter/shared/contracts/contract-terms";
import { versionFor } from "./agreement.ts";
import type { BillingContext } from "./billing-context.ts";
import { rateSnapshot } from "./book-statement.ts";
import { subjectOfOpenPeriod } from "./close-period.ts";
import { readAgreement } from "./read-agreement.ts";
import { takeSnapshot } from "./snapshot.ts";

export type CloseRow = {
  readonly customer: string;
  readonly contract: string;
  readonly period: { readonly from: Instant; readonly to: Instant };
  /** `open`: it still runs or its grace does. `booked`: the contract's last period, closed. */
  readonly state: "open" | "closeable" | "waiting" | "booked";
  readonly why: readonly string[];
  readonly earliest: Instant | null;
  readonly latest: Instant | null;
  readonly hours: (HourCounts & { readonly text: string }) | null;
};

/** Of one customer, or of all. Reads only. One that cannot be read is in the log, and hides none of the others. */
export async function closeRows(
  context: BillingContext,
  customer: string | null,
): Promise<CloseRow[]> {
  return closeRowsOf(context, await contractIds(context.database, customer));
}

export async function closeRowsOf(
  context: BillingContext,
  contracts: readonly string[],
  onUnreadable: (contract: string) => void = () => {},
): Promise<CloseRow[]> {
  const { database, logger } = context;
  const now = context.clock.now();
  const rows: CloseRow[] = [];
  for (const contract of contracts) {
    try {
      // One snapshot a contract: a long list must not hold back the removal of old rows for all of its time.
      const row = await database.transaction((db) => rowOf(db, contract, now), {
        isolation: "repeatable read",
      });
      if (row !== null) rows.push(row);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      logger.error({ err: error, contract }, "the open period of a contract cannot be read");
      onUnreadable(contract);
    }
  }
  return rows;
}

async function rowOf(db: Queryable, contract: string, now: Instant): Promise<CloseRow | null> {
  const agreement = await readAgreement(db, contract);
  const { customer } = agreement;
  const subject = await subjectOfOpenPeriod(db, agreement);
  if (subject === null) {
    const last = (await closedPeriods(db, contract)).findLast(({ scope }) => scope === "period");
    if (last === undefined) return null;
    const period = { from: last.period_from, to: last.period_to };
    return {
      customer,
      contract,
      period,
      state: "booked",
      why: [],
      earliest: null,
      latest: null,
      hours: null,
    };
  }
  const { period } = subject;
  const snapshot = await takeSnapshot(db, subject, now);
  const { close, states } = snapshot;
  const hours = { ...states.total, text: hoursText(states.total) };
  const common = { customer, contract, period: { from: period.from, to: period.to }, hours };
  const bounds = { earliest: close.earliest, latest: close.latest };
  const terms = contractTerms(versionFor(agreement, period.from).contract);
  const why = close.obstacles.map((obstacle) => inWords(obstacle, terms.reportDueSeconds));
  if (now < close.earliest) return { ...common, ...bounds, state: "open", why };
  if (!close.closeable) return { ...common, ...bounds, state: "waiting", why };
  const { unpriced } = rateSnapshot(snapshot).statement;
  if (unpriced.length === 0) return { ...common, ...bounds, state: "closeable", why: [] };
  const names = [...new Set(unpriced.map(({ meter }) => meter))].join(", ");
  return {
    ...common,
    ...bounds,
    state: "waiting",
    why: [
      `usage without a price (${names}) is never free by itself: amend the contract to a plan that prices it, or close with it`,
    ],
  };
}

function inWords(obstacle: Obstacle, reportDueSeconds: number): string {
  const until = formatInstant(obstacle.until);
  switch (obstacle.code) {
    case "period_runs":
      return `the period runs until ${until}`;
    case "grace":
      return `the grace runs until ${until}`;
    case "quiet_time":
      return `the collector itself was down for more than an hour: backlogs have until ${until} to arrive`;
    case "awaiting_reports": {
      const whose =
        obstacle.journal === null
          ? `${obstacle.installation}, where nothing reports`
          : `journal ${obstacle.journal.slice(0, 8)} of ${obstacle.installation}`;
      return `${hoursOf(obstacle.hours)} of ${whose}: overdue after ${until}, when ${reportDueSeconds / 3600} h of silence are full`;
    }
    case "awaiting_decision":
      return `${hoursOf(obstacle.hours)} of journal ${obstacle.journal.slice(0, 8)} of ${obstacle.installation} depend on a held report: decide with \`submeter reports accept|reject\`, or they are excused at ${until}`;
  }
}

function hoursOf(count: number): string {
  return count === 1 ? "1 hour" : `${grouped(count)} hours`;
}
