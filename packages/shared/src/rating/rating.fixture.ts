/** Set-up for tests of rating: contracts, hour facts and usage in a few words, in the terms of the billing rules. */

import { contractTerms, cycleOf } from "../contracts/contract-terms.ts";
import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument } from "../contracts/plan.ts";
import type { CloseStatus } from "../coverage/close.ts";
import { closeStatus } from "../coverage/close.ts";
import { freezeHours } from "../coverage/freeze-hours.ts";
import type { HourFacts, InstallationFacts, JournalFacts } from "../coverage/hour-facts.ts";
import { hourStates } from "../coverage/hour-states.ts";
import { endless } from "../coverage/intervals.ts";
import type { Instant, Interval } from "../time/instant.ts";
import { formatInstant, parseInstant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";
import { periodAt } from "../time/period.ts";
import { computeStatement } from "./compute-statement.ts";
import type { PeriodOfStatement, StatementInputs, UsageRow } from "./statement-inputs.ts";
import type { Statement } from "./statement.ts";

/** `"29 Jan 00:00"`, `"1 Feb"` of 2026, or RFC 3339. */
export function at(text: string): Instant {
  const short = /^(\d{1,2}) (\w{3})(?: (\d{2}:\d{2})(?::(\d{2}))?)?(?: (\d{4}))?$/.exec(text);
  if (short === null) return parseInstant(text);
  const [, day, month, time = "00:00", seconds = "00", year = "2026"] = short;
  const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const number = String(months.indexOf(month ?? "") + 1).padStart(2, "0");
  return parseInstant(`${year}-${number}-${day?.padStart(2, "0")}T${time}:${seconds}Z`);
}

/** `"1 Jan" … "29 Jan"`. */
export function span(from: string, to: string): Interval {
  return { from: at(from), to: at(to) };
}

/** One price for one meter: $0.01 a request. */
export const requestsPlan: PlanDocument = {
  version: 1,
  id: "requests",
  currency: "USD",
  meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
  lines: [
    {
      id: "requests",
      kind: "usage",
      description: "Requests",
      meter: "requests",
      unit_price: "0.01",
    },
  ],
};

/** A month-by-month contract since 1 Jan 2026 on {@link requestsPlan}, without a minimum. */
export function contractOf(change: Partial<ContractDocument> = {}): ContractDocument {
  return {
    version: 1,
    id: "acme-2026",
    customer: "acme",
    plan: { id: "requests", version: 1 },
    term: { from: "2026-01-01T00:00:00Z", to: null },
    cycle: { every: "month" },
    ...change,
  };
}

export function journalOf(
  change: Partial<JournalFacts> & { readonly journal: string },
): JournalFacts {
  const first = change.coverage?.[0]?.from ?? at("1 Jan");
  return {
    expectedFrom: first,
    expectedTo: null,
    coverage: [],
    held: [],
    sources: [],
    lagSeconds: 0,
    ...change,
  };
}

export function installationOf(
  change: Partial<InstallationFacts> & { readonly journals: readonly JournalFacts[] },
): InstallationFacts {
  const firsts = change.journals.flatMap(({ coverage }) => coverage[0]?.from ?? []);
  return {
    installation: "site",
    assigned: [{ from: at("1 Jan"), to: endless }],
    retiredAt: null,
    firstAcceptedCoverage: firsts.length === 0 ? null : Math.min(...firsts),
    firstReportBy: at("31 Jan"),
    unaccountable: [],
    attested: [],
    ...change,
  };
}

/** Usage by `installation/journal`, all of it in one window; the rating sums rows, whatever their hours. */
export type Quantities = Readonly<Record<string, string>>;

export type Situation = {
  readonly plan?: PlanDocument;
  readonly contract: ContractDocument;
  /** Any instant of the period that is rated; the first of January when absent. */
  readonly during?: string;
  readonly now: string;
  readonly installations: readonly InstallationFacts[];
  readonly outages?: readonly Interval[];
  readonly known?: Quantities;
  readonly history?: Quantities;
  /** Rows in full, beside `known`. */
  readonly usage?: readonly Partial<UsageRow>[];
  readonly number?: number;
};

export function factsOf(situation: Situation): HourFacts {
  const { contract, installations } = situation;
  return {
    now: at(situation.now),
    period: periodOf(situation),
    term: contractTerms(contract).term,
    reportDueSeconds: contractTerms(contract).reportDueSeconds,
    outages: situation.outages ?? [],
    installations,
  };
}

export function closeOf(situation: Situation): CloseStatus {
  const facts = factsOf(situation);
  return closeStatus(facts, hourStates(facts), contractTerms(situation.contract).graceSeconds);
}

export function inputsOf(situation: Situation): StatementInputs {
  const { contract, number = 1, plan = requestsPlan } = situation;
  const period = periodOf(situation);
  const written = writtenPeriod(period);
  const cycle = cycleOf(contract, null);
  const next = cycle === null ? null : periodAt(cycle, contractTerms(contract).term, period.to);
  return {
    version: 1,
    scope: "period",
    number,
    as_of: formatInstant(at(situation.now)),
    plan,
    contract,
    period: written,
    advance: next === null ? null : writtenPeriod(next),
    cut: [],
    hours: freezeHours(hourStates(factsOf(situation))),
    usage: [
      ...rowsOf(situation.known).map((row) => ({ ...row, window: written.from })),
      ...(situation.usage ?? []).map((row) => ({
        installation: "site",
        journal: "a",
        window: written.from,
        meter: "requests",
        dimensions: {},
        quantity: "0",
        ...row,
      })),
    ],
    history: rowsOf(situation.history),
    carried: { anchor: null },
  };
}

export function statementOf(situation: Situation): Statement {
  return computeStatement(inputsOf(situation));
}

function rowsOf(quantities: Quantities = {}) {
  return Object.entries(quantities).map(([name, quantity]) => {
    const [installation = "", journal = ""] = name.split("/");
    return { installation, journal, meter: "requests", dimensions: {}, quantity };
  });
}

function periodOf({ contract, during = "1 Jan" }: Situation): Period {
  const cycle = cycleOf(contract, null);
  const period = cycle === null ? null : periodAt(cycle, contractTerms(contract).term, at(during));
  if (period === null) throw new Error(`there is no period at ${during}`);
  return period;
}

function writtenPeriod({ from, to, cycle }: Period): PeriodOfStatement {
  return {
    from: formatInstant(from),
    to: formatInstant(to),
    cycle_from: formatInstant(cycle.from),
    cycle_to: formatInstant(cycle.to),
  };
}
