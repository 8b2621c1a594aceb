/** Living through a plan of `plans/`: a contract that is checked, and its periods rated one after the other. */

import { readFileSync } from "node:fs";
import { checkContract } from "@submeter/shared/contracts/check-contract";
import { checkPlan } from "@submeter/shared/contracts/check-plan";
import { contractTerms, cycleOf } from "@submeter/shared/contracts/contract-terms";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import { computeStatement } from "@submeter/shared/rating/compute-statement";
import type { PeriodOfStatement, StatementInputs } from "@submeter/shared/rating/statement-inputs";
import type { Statement } from "@submeter/shared/rating/statement";
import type { Instant } from "@submeter/shared/time/instant";
import { formatInstant, parseInstant } from "@submeter/shared/time/instant";
import type { Period } from "@submeter/shared/time/period";
import { periodAt } from "@submeter/shared/time/period";

export function planOf(name: string): PlanDocument {
  const path = new URL(`../../plans/${name}.json`, import.meta.url);
  const checked = checkPlan(JSON.parse(readFileSync(path, "utf8")));
  if (checked.kind === "faults") throw new Error(JSON.stringify(checked.faults, null, 2));
  return checked.plan;
}

/** A contract of calendar months from January on, as it is taken by the collector: checked against its plan. */
export function contractOn(
  plan: PlanDocument,
  change: Partial<ContractDocument> = {},
): ContractDocument {
  const contract = {
    version: 1,
    id: "acme-2026",
    customer: "acme",
    plan: { id: plan.id, version: plan.version },
    term: { from: "2026-01-01T00:00:00Z", to: null },
    cycle: { every: "month" },
    ...change,
  };
  const checked = checkContract(contract, plan);
  if (checked.kind === "faults") throw new Error(JSON.stringify(checked.faults, null, 2));
  return checked.contract;
}

/** `meter quantity`, with labels and an hour where they matter. */
type Used = {
  readonly meter: string;
  readonly quantity: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  /** RFC 3339; the period's first hour when absent. */
  readonly at?: string;
};

export type Lived = {
  readonly plan: PlanDocument;
  readonly contract: ContractDocument;
  /** Any instant of the period, as RFC 3339. */
  readonly during: string;
  readonly used?: readonly Used[];
  /** The statement of the period before it, whose carry this one takes up. */
  readonly after?: Statement;
  readonly firstUsageAt?: string;
  readonly scope?: "opening";
};

/** The statement of the period; all its hours are counted. */
export function lived(of: Lived): Statement {
  return computeStatement(inputsOf(of));
}

export function inputsOf({
  plan,
  contract,
  during,
  used = [],
  after,
  ...of
}: Lived): StatementInputs {
  const anchor = of.firstUsageAt === undefined ? null : parseInstant(of.firstUsageAt);
  const period = periodOf(contract, parseInstant(during), anchor);
  if (period === null) throw new Error(`there is no period at ${during}`);
  const next = periodOf(contract, period.to, anchor);
  const written = writtenPeriod(period);
  const opening = of.scope === "opening";
  return {
    version: 1,
    scope: of.scope ?? "period",
    number: 1,
    as_of: formatInstant(period.to + 86_400),
    plan,
    contract,
    period: written,
    advance: opening ? written : next === null ? null : writtenPeriod(next),
    cut: [],
    hours: {
      evaluated_to: written.to,
      total: { expected: 0, counted: 0, pending: 0, uncounted: 0, excused: 0, overdue: 0 },
      installations: [],
    },
    usage: used.map(({ meter, quantity, dimensions = {}, at = written.from }) => ({
      installation: "site",
      journal: "a",
      window: at,
      meter,
      dimensions,
      quantity,
    })),
    history: [],
    carried: { anchor: of.firstUsageAt ?? null, ...after?.carry },
  };
}

/** Each line's amount, by its id. */
export function amounts({ lines }: Statement): Record<string, string> {
  return Object.fromEntries(lines.map(({ id, amount }) => [id, amount]));
}

/** What a line came to before it was rounded. */
export function exactly(statement: Statement, id: string): string {
  const line = statement.lines.find((one) => one.id === id);
  return line?.computation.findLast(({ step }) => step === "exact")?.value ?? `no line ${id}`;
}

function periodOf(contract: ContractDocument, at: Instant, anchor: Instant | null): Period | null {
  const cycle = cycleOf(contract, anchor);
  return cycle === null ? null : periodAt(cycle, contractTerms(contract).term, at);
}

function writtenPeriod({ from, to, cycle }: Period): PeriodOfStatement {
  return {
    from: formatInstant(from),
    to: formatInstant(to),
    cycle_from: formatInstant(cycle.from),
    cycle_to: formatInstant(cycle.to),
  };
}
