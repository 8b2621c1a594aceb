/** A commitment over several periods: what is spent counts towards it, the excess costs its factor, the last period trues it up. */

import type { Commitment, ContractDocument, Countable } from "../contracts/contract.ts";
import { add, decimal, format, formatFixed, sum } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  fraction,
  fractionOf,
  isPositive,
  multiplyFractions,
  nothing,
  one,
  subtractFractions,
  sumFractions,
  toFraction,
} from "../numbers/fraction.ts";
import { parseInstant, secondsPerHour } from "../time/instant.ts";
import { grouped } from "./basis.ts";
import type { Carry } from "./carry.ts";
import { fractionText } from "./fraction-text.ts";
import { takenInOrder } from "./included-quota.ts";
import type { RatedLine } from "./line.ts";
import { lineOf } from "./line.ts";
import { shortOf } from "./line-bounds.ts";
import type { RatingContext } from "./rating-context.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";
import { trueUpTo } from "./true-up.ts";

const byDefault: readonly Countable[] = ["base", "usage", "overage"];

export type CommittedCost = {
  /** What each cost has inside of the commitment, and what its excess comes to at the factor. */
  readonly within: readonly Fraction[];
  readonly overage: readonly Fraction[];
  readonly trueUp: Fraction;
  readonly total: Fraction;
};

/** Costs consume the commitment in declared order; the contracted rate holds for the excess of each. */
export function committedCost(
  commitment: Fraction,
  factor: Fraction,
  costs: readonly Fraction[],
  trueUp: boolean,
): CommittedCost {
  const within = takenInOrder(costs, commitment);
  const overage = costs.map((cost, index) =>
    multiplyFractions(subtractFractions(cost, within[index] ?? nothing), factor),
  );
  const used = sumFractions(within);
  const short = trueUp ? shortOf(commitment, used) : nothing;
  return {
    within,
    overage,
    trueUp: short,
    total: sumFractions([used, ...overage, short]),
  };
}

export type CommitmentLines = {
  readonly lines: readonly RatedLine[];
  /** Counted so far, this period included; null without a commitment. */
  readonly committed: string | null;
};

/** `drawn`: what the period draws because reports stayed away; it counts, whatever kinds do. */
export function commitmentLines(
  context: RatingContext,
  candidates: readonly RatedLine[],
  drawn: readonly RatedLine[],
): CommitmentLines {
  const { contract, period, carried } = context.inputs;
  const { commitment } = contract;
  if (commitment === undefined) return { lines: [], committed: null };
  const ends = endOf(contract);
  if (ends !== null && period.from >= ends) return { lines: [], committed: null };
  const kinds = commitment.counts ?? byDefault;
  const counted = candidates.filter(({ counts }) => counts !== null && kinds.includes(counts));
  const before = countedBefore(commitment, carried);
  const spent = add(before, sum([...counted, ...drawn].map(({ amount }) => amount)));
  const isLast = ends !== null && period.to >= ends;
  return {
    lines: [
      ...surcharges(commitment, counted, before, context),
      ...(isLast && commitment.true_up !== false ? trueUpLine(commitment, spent, context) : []),
    ],
    committed: format(spent),
  };
}

/** What the periods before this one have counted towards it, in this contract or in one that it goes on from. */
export function countedBefore(
  { counted = "0" }: Commitment,
  { committed }: Pick<Carry, "committed">,
): Decimal {
  return decimal(committed ?? counted);
}

/** Until when it runs; null for one that never ends, which no contract may have. */
function endOf({ commitment, term }: Pick<ContractDocument, "commitment" | "term">): string | null {
  return commitment?.to ?? term.to;
}

/** The period's hours by those of all of the commitment's term; null outside of it. */
export function partOfCommitment(
  contract: Pick<ContractDocument, "commitment" | "term">,
  period: Pick<PeriodOfStatement, "from" | "to">,
): { readonly fraction: Fraction; readonly text: string } | null {
  const ends = endOf(contract);
  if (ends === null || period.from >= ends) return null;
  const hoursBetween = (from: string, to: string) =>
    (parseInstant(to) - parseInstant(from)) / secondsPerHour;
  const own = hoursBetween(period.from, period.to < ends ? period.to : ends);
  const all = hoursBetween(contract.term.from, ends);
  return {
    fraction: fraction(BigInt(own), BigInt(all)),
    text: `${grouped(own)} of ${grouped(all)} hours`,
  };
}

/** What the excess of each line costs more than it says, where the contract has a rate for it. */
function surcharges(
  { amount, overage_factor }: Commitment,
  counted: readonly RatedLine[],
  before: Decimal,
  context: RatingContext,
): RatedLine[] {
  if (overage_factor === undefined) return [];
  const left = shortOf(fractionOf(amount), toFraction(before));
  const factor = fractionOf(overage_factor);
  const { within } = committedCost(
    left,
    factor,
    counted.map((line) => toFraction(line.amount)),
    false,
  );
  return counted.flatMap((rated, index) => {
    const excess = subtractFractions(toFraction(rated.amount), within[index] ?? nothing);
    if (!isPositive(excess)) return [];
    const exact = multiplyFractions(excess, subtractFractions(factor, one));
    return [
      lineOf({
        id: `${rated.line.id}#beyond-commitment`,
        kind: "commitment",
        description: `${rated.line.description}: contracted rate beyond the commitment`,
        period: context.inputs.period,
        timing: "arrears",
        exact,
        decimals: context.decimals,
        counts: null,
        steps: [
          {
            step: "commitment",
            value: fractionText(excess),
            note: `${context.currency} beyond the commitment of ${grouped(amount)}, billed above at its price`,
          },
          {
            step: "exact",
            value: fractionText(exact),
            note: `× (${overage_factor} − 1): each unit costs ${overage_factor} times its price`,
          },
        ],
      }),
    ];
  });
}

function trueUpLine(
  { amount }: Commitment,
  spent: Decimal,
  { inputs, decimals, currency }: RatingContext,
): RatedLine[] {
  const short = trueUpTo(decimal(amount), spent);
  if (short.coefficient === 0n) return [];
  return [
    lineOf({
      id: "commitment",
      kind: "commitment",
      description: "True-up to the commitment",
      period: inputs.period,
      timing: "arrears",
      exact: toFraction(short),
      decimals,
      counts: null,
      steps: [
        { step: "commitment", value: amount, note: `${currency} committed until now` },
        {
          step: "counts",
          value: formatFixed(spent, Math.max(decimals, spent.scale)),
          note: "counted towards it in all its periods",
        },
        { step: "exact", value: format(short), note: "what is missing to it" },
      ],
    }),
  ];
}
