/** Select what is billable: not what the plan leaves out, such as usage on the customer's own key, and nothing within a trial. */

import type { ContractDocument } from "../contracts/contract.ts";
import { matches } from "../contracts/matches.ts";
import type { PlanDocument } from "../contracts/plan.ts";
import { format } from "../numbers/decimal.ts";
import type { UsageRow } from "./statement-inputs.ts";
import type { UnbilledUsage } from "./statement.ts";
import { totalUsage } from "./usage-totals.ts";

export type BillableUsage = {
  readonly rows: readonly UsageRow[];
  readonly unbilled: readonly UnbilledUsage[];
};

export function billableUsage(
  plan: PlanDocument,
  contract: ContractDocument,
  usage: readonly UsageRow[],
): BillableUsage {
  const exclusions = exclusionsOf(plan);
  const freeUntil = freeUntilOf(contract);
  if (exclusions.size === 0 && freeUntil === null) return { rows: usage, unbilled: [] };
  const kept: UsageRow[] = [];
  const left = new Map<
    string,
    { reason: UnbilledUsage["reason"]; note: string; rows: UsageRow[] }
  >();
  const metersBilled = new Set(
    plan.meters.filter(({ billed }) => billed !== false).map(({ name }) => name),
  );
  for (const row of usage) {
    const why = metersBilled.has(row.meter) ? whyUnbilled(row, exclusions, freeUntil) : null;
    if (why === null) kept.push(row);
    else {
      const key = `${why.reason}\n${why.note}`;
      const some = left.get(key);
      if (some === undefined) left.set(key, { ...why, rows: [row] });
      else some.rows.push(row);
    }
  }
  const unbilled = [...left.values()]
    .toSorted((a, b) => (`${a.reason}${a.note}` < `${b.reason}${b.note}` ? -1 : 1))
    .flatMap(({ reason, note, rows }) =>
      totalUsage(rows).map(({ meter, dimensions, quantity }) => ({
        meter,
        dimensions,
        quantity: format(quantity),
        reason,
        note,
      })),
    );
  return { rows: kept, unbilled };
}

type Exclusions = ReadonlyMap<
  string,
  readonly { readonly dimensions: Readonly<Record<string, string>>; readonly why: string }[]
>;

function exclusionsOf(plan: PlanDocument): Exclusions {
  return new Map(
    plan.lines.flatMap((line) =>
      line.kind === "usage" && line.unbilled !== undefined ? [[line.meter, line.unbilled]] : [],
    ),
  );
}

function freeUntilOf({ trial }: ContractDocument): string | null {
  const covered = trial?.covers?.includes("usage") ?? true;
  return trial !== undefined && covered ? trial.to : null;
}

function whyUnbilled(
  { meter, dimensions, window }: UsageRow,
  exclusions: Exclusions,
  freeUntil: string | null,
): Pick<UnbilledUsage, "reason" | "note"> | null {
  const excluded = exclusions.get(meter)?.find((one) => matches(one.dimensions, dimensions));
  if (excluded !== undefined) return { reason: "excluded", note: excluded.why };
  // Instants in RFC 3339 with Z sort as text.
  if (freeUntil === null || window >= freeUntil) return null;
  return { reason: "trial", note: `in the trial until ${freeUntil}` };
}
