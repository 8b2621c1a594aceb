/** A plan of one meter, or of whatever lines are given, rated for one period: for tests of what single terms come to. */

import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument, PlanLine, PlanMeter, UsageLine } from "../contracts/plan.ts";
import type { InstallationFacts } from "../coverage/hour-facts.ts";
import type { Carry } from "./carry.ts";
import { computeStatement } from "./compute-statement.ts";
import { contractOf, inputsOf } from "./rating.fixture.ts";
import type { HistoryRow, UsageRow } from "./statement-inputs.ts";
import type { Statement } from "./statement.ts";

const requests: PlanMeter = { name: "requests", unit: "request", aggregation: "sum", scale: 0 };

export type Given = {
  /** Of a line of 1 USD for each request, unless it says otherwise. */
  readonly line?: Partial<UsageLine>;
  readonly lines?: readonly PlanLine[];
  readonly meters?: readonly PlanMeter[];
  readonly plan?: Partial<PlanDocument>;
  readonly contract?: Partial<ContractDocument>;
  /** In the period's first hour, or rows in full. */
  readonly used?: string | readonly Partial<UsageRow>[];
  readonly history?: readonly HistoryRow[];
  readonly carried?: Carry;
  readonly during?: string;
  readonly scope?: "opening";
  readonly installations?: readonly InstallationFacts[];
};

export function rated(given: Given): Statement {
  const { line, lines, meters = [requests], plan, contract, used = "0", during } = given;
  const { unit_price: perUnit = "1", ...changed } = line ?? {};
  const usageLine: UsageLine = {
    id: "requests",
    kind: "usage",
    meter: "requests",
    ...(changed.price === undefined ? { unit_price: perUnit } : {}),
    ...changed,
  };
  const inputs = inputsOf({
    plan: {
      version: 1,
      id: "requests",
      currency: "USD",
      meters: [...meters],
      lines: [...(lines ?? [usageLine])],
      ...plan,
    },
    contract: contractOf(contract),
    now: "10 Mar",
    installations: given.installations ?? [],
    ...(during === undefined ? {} : { during }),
    usage: typeof used === "string" ? [{ quantity: used }] : used,
  });
  return computeStatement({
    ...inputs,
    ...(given.scope === undefined ? {} : { scope: given.scope, advance: inputs.period }),
    history: given.history ?? [],
    carried: { ...inputs.carried, ...given.carried },
  });
}

/** Each line's amount, by its id. */
export function amounts({ lines }: Pick<Statement, "lines">): Record<string, string> {
  return Object.fromEntries(lines.map(({ id, amount }) => [id, amount]));
}
