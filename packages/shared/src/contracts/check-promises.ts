/** Refuses what a contract promises and could never keep: a trial before the term, a commitment without a last period, a discount of nothing. */

import { parseInstant } from "../time/instant.ts";
import { periodAt } from "../time/period.ts";
import { amountFaults } from "./amount-faults.ts";
import { cycleOf, termOf } from "./contract-terms.ts";
import type { ContractDocument } from "./contract.ts";
import type { Fault } from "./fault.ts";
import type { PlanDocument } from "./plan.ts";

/** `plan`: null when there is none such. The contract's instants exist. */
export function promiseFaults(contract: ContractDocument, plan: PlanDocument | null): Fault[] {
  return [
    ...trialFaults(contract),
    ...anchorFaults(contract),
    ...commitmentFaults(contract, plan),
    ...discountFaults(contract, plan),
  ];
}

function trialFaults({ trial, term }: ContractDocument): Fault[] {
  if (trial === undefined || trial.to > term.from) return [];
  return [
    {
      path: "/trial/to",
      code: "trial_empty",
      detail: "the trial ends before the term begins",
      hint: "write a later end, or leave `trial` out",
    },
  ];
}

/** Without an anchor there is no period, and what was contracted by a customer who never reports is never billed. */
function anchorFaults({ minimum, commitment, cycle }: ContractDocument): Fault[] {
  if (minimum === undefined && commitment === undefined) return [];
  if (cycle.every === "month" || cycle.anchor !== "first_usage") return [];
  const what = minimum === undefined ? "commitment" : "minimum";
  return [
    {
      path: "/cycle/anchor",
      code: "minimum_without_anchor",
      detail: `a ${what} needs periods that begin whether or not anything is used`,
      hint: "anchor the cycle at term_start or at an hour",
    },
  ];
}

function commitmentFaults(contract: ContractDocument, plan: PlanDocument | null): Fault[] {
  const { commitment, term } = contract;
  if (commitment === undefined) return [];
  const tooFine =
    plan === null ? [] : amountFaults(commitment.amount, plan.currency, "/commitment/amount");
  const ends = commitment.to ?? term.to;
  if (ends === null || ends <= term.from) {
    return [
      ...tooFine,
      {
        path: "/commitment/to",
        code: "commitment_without_end",
        detail: "nobody knows in which period what is missing is billed",
        hint: "write `to`, an end of a period inside of the term, or end the term",
      },
    ];
  }
  return [...tooFine, ...lastPeriodFaults(contract, ends)];
}

/** What is missing is billed in the period that ends with the commitment, so there must be one. */
function lastPeriodFaults(contract: ContractDocument, ends: string): Fault[] {
  const { from, to } = termOf(contract);
  const until = parseInstant(ends);
  if (to !== null && until > to) {
    return [
      {
        path: "/commitment/to",
        code: "commitment_beyond_term",
        detail:
          "the term ends before the commitment, and what is missing to it would not be billed",
        hint: "let it end with the term: leave `to` out, or write `true_up` false where it is waived",
      },
    ];
  }
  const cycle = cycleOf(contract, null);
  if (cycle === null || until === to) return [];
  if (periodAt(cycle, { from, to: null }, until)?.from === until) return [];
  return [
    {
      path: "/commitment/to",
      code: "commitment_inside_period",
      detail: "the commitment ends inside of a period, whose usage counts as a whole or not at all",
      hint: "write the end of a period",
    },
  ];
}

function discountFaults({ discounts = [] }: ContractDocument, plan: PlanDocument | null): Fault[] {
  return discounts.flatMap(({ id, percent, amount }, index) => {
    const path = `/discounts/${index}`;
    const faults: Fault[] =
      plan === null ? [] : amountFaults(amount ?? "", plan.currency, `${path}/amount`);
    if ((percent === undefined) === (amount === undefined)) {
      faults.push({
        path,
        code: "discount_unclear",
        detail: "a discount is either a percentage or an amount",
        hint: "write one of `percent` and `amount`",
      });
    }
    if (discounts.findIndex((one) => one.id === id) !== index) {
      faults.push({
        path: `${path}/id`,
        code: "discount_duplicate",
        detail: `the discount ${id} stands here a second time`,
        hint: "keep one of them, or give it another id",
      });
    }
    return faults;
  });
}
