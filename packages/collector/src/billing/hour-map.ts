/** The hours of one installation over a long time, told apart one by one: what its calendar shows. Reads only. */

import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { gridOf, hourState } from "@submeter/shared/coverage/hour-grid";
import { statesOfInstallation } from "@submeter/shared/coverage/installation-hours";
import { union } from "@submeter/shared/coverage/intervals";
import {
  formatInstant,
  hourFloor,
  type Instant,
  secondsPerDay,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import { outages, unaccountable } from "../fleet/availability.ts";
import { contractsInForce } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { coverageOf, heldReportsOf, journalsOf } from "../store/evidence.ts";
import type { InstallationRow } from "../store/installations.ts";
import { attestedOf } from "../store/shutdowns.ts";
import { latestVersion } from "./agreement.ts";
import { type Evidence, hourFactsOf } from "./hour-facts-of.ts";
import { readAgreement } from "./read-agreement.ts";

/** One letter an hour: `c` counted, `p` pending, `u` uncounted, `e` excused, `o` overdue, `.` nothing was expected. */
export type DayOfHours = { readonly day: string; readonly hours: string };

const letters: Readonly<Record<number, string>> = {
  [hourState.unexpected]: ".",
  [hourState.counted]: "c",
  [hourState.excused]: "e",
  [hourState.uncounted]: "u",
  [hourState.overdue]: "o",
  [hourState.pending]: "p",
};

/**
 * `from` is the start of a day; of today the hours that are over. It looks at the installation alone: whose it was and what
 * was agreed decides only how much silence is too much.
 */
export async function hourMapOf(
  db: Queryable,
  installation: InstallationRow,
  { from, now }: { from: Instant; now: Instant },
): Promise<DayOfHours[]> {
  const to = hourFloor(now);
  if (from >= to) return [];
  const evidence = await evidenceOf(db, installation, { from, to, now });
  const run = { from: installation.enrolled_at, to: null };
  const period = { from, to, cycle: { from, to } };
  const contract = await contractOf(db, installation, now);
  const facts = hourFactsOf(evidence, { now, period, run, contract });
  const [own] = facts.installations;
  if (own === undefined) return [];
  const { states } = statesOfInstallation(own, run, gridOf(from, to), {
    now,
    reportDueSeconds: facts.reportDueSeconds,
    unaccountable: union(facts.outages, own.unaccountable),
    attested: union(own.attested),
  });
  return daysOf(states, from);
}

async function evidenceOf(
  db: Queryable,
  { id, enrolled_at: enrolledAt, retired_at: retiredAt }: InstallationRow,
  { from, to, now }: { from: Instant; to: Instant; now: Instant },
): Promise<Evidence> {
  const coverage = await coverageOf(db, [id], { from, to, lookbackSeconds: 0 });
  const starts = coverage.map((row) => row.coverage[0]?.[0] ?? from);
  const since = starts.reduce((a, b) => Math.min(a, b), Math.min(from, enrolledAt));
  const own = { installation_id: id, subject: "", from_at: enrolledAt, to_at: null };
  return {
    assignments: [{ ...own, retired_at: retiredAt }],
    journals: await journalsOf(db, [id]),
    coverage,
    held: await heldReportsOf(db, [id]),
    outages: await outages(db, since, now),
    unaccountable: new Map([[id, await unaccountable(db, id, since, now)]]),
    attested: await attestedOf(db, [id]),
  };
}

/** The one in force; without one the usual terms, from its enrolment on. */
async function contractOf(
  db: Queryable,
  { id, enrolled_at: enrolledAt }: InstallationRow,
  now: Instant,
): Promise<ContractDocument> {
  const [first] = await contractsInForce(db, [id], now);
  if (first !== undefined) return latestVersion(await readAgreement(db, first.id)).contract;
  return {
    version: 1,
    id: "none",
    customer: "none",
    plan: { id: "none", version: 1 },
    term: { from: formatInstant(enrolledAt), to: null },
    cycle: { every: "month" },
  };
}

function daysOf(states: Uint8Array, from: Instant): DayOfHours[] {
  const hoursPerDay = secondsPerDay / secondsPerHour;
  const days: DayOfHours[] = [];
  for (let first = 0; first < states.length; first += hoursPerDay) {
    const hours = [...states.subarray(first, first + hoursPerDay)]
      .map((state) => letters[state] ?? ".")
      .join("");
    days.push({ day: formatInstant(from + first * secondsPerHour).slice(0, 10), hours });
  }
  return days;
}
