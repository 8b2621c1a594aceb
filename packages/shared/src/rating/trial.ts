/** What a trial leaves to be billed: the time of a period behind it, of fees or of what usage is measured by. */

import type { ContractDocument } from "../contracts/contract.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { nothing } from "../numbers/fraction.ts";
import { isWhole, partInWords, partOfCycle } from "./proration.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";

export type Coverable = "base" | "usage";

/** Null where the trial covers all of it. */
export function afterTrial(
  period: PeriodOfStatement,
  { trial }: Pick<ContractDocument, "trial">,
  what: Coverable,
): PeriodOfStatement | null {
  const covered = trial?.covers?.includes(what) ?? true;
  if (trial === undefined || !covered || trial.to <= period.from) return period;
  return trial.to >= period.to ? null : { ...period, from: trial.to };
}

export type PartOfMinimum = {
  readonly fraction: Fraction;
  /** `408/744 h`; null where it is whole. */
  readonly text: string | null;
};

/** Which part of a minimum is due in the period: its hours behind a trial, which is never billed whatever is prorated. */
export function partOfMinimum(
  period: PeriodOfStatement,
  contract: Pick<ContractDocument, "trial">,
  prorated: boolean,
): PartOfMinimum {
  const paid = afterTrial(period, contract, "usage");
  if (paid === null) return { fraction: nothing, text: "0 h, all of it in the trial" };
  const part = partOfCycle(paid, prorated || paid.from !== period.from);
  return { fraction: part, text: isWhole(part) ? null : partInWords(paid) };
}
