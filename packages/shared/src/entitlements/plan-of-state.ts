/** The plan as a state carries it: its name, and, where the contract shows prices, all that the agent's page rates by. */

import Type from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import {
  type ContractDocument,
  ContractDocument as ContractSchema,
} from "../contracts/contract.ts";
import { type PlanDocument, PlanDocument as PlanSchema } from "../contracts/plan.ts";
import type { Carry } from "../rating/carry.ts";
import type { PeriodOfStatement } from "../rating/statement-inputs.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { instantMember, integer, nullable, open, text } from "../wire/members.ts";
import { namePattern, quantityPattern } from "../wire/names.ts";

/** What was recorded of the customer, of all installations, summed by meter and labels over a day, an hour or the period. */
const RecordedUsage = open({
  window: instantMember,
  meter: text(namePattern, "a meter's name"),
  dimensions: Type.Record(Type.String(), Type.String()),
  quantity: text(quantityPattern, "a quantity"),
});

const period = open({
  from: instantMember,
  to: instantMember,
  cycle_from: instantMember,
  cycle_to: instantMember,
});

const Prices = open({
  plan: PlanSchema,
  contract: ContractSchema,
  period,
  carried: Type.Object({}),
  usage: Type.Array(RecordedUsage, { maxItems: 20_000 }),
});

export const PlanOfStateSchema = open({
  id: Type.String({ minLength: 1, maxLength: 64 }),
  version: integer(1, 2_147_483_647),
  description: nullable(Type.String({ maxLength: 200 })),
  currency: text("^[A-Z]{3}$", "an ISO 4217 currency"),
  prices: nullable(Type.Unknown()),
});

export type RecordedUsage = Static<typeof RecordedUsage>;

export type PricesOfState = {
  readonly plan: PlanDocument;
  readonly contract: ContractDocument;
  readonly period: PeriodOfStatement;
  readonly carried: Carry;
  readonly usage: readonly {
    window: string;
    meter: string;
    dimensions: Dimensions;
    quantity: string;
  }[];
};

export type PlanOfState = Omit<Static<typeof PlanOfStateSchema>, "prices"> & {
  readonly prices: PricesOfState | null;
};

export type ReadPlan = {
  readonly plan: Omit<PlanOfState, "prices">;
  /** `unreadable`: a later collector writes plans that this version cannot rate by. */
  readonly prices: PricesOfState | "not_shown" | "unreadable";
};

const planValidator = Compile(PlanOfStateSchema);
const pricesValidator = Compile(Prices);

/** Null when the state carries no plan, or one that this version cannot read. */
export function readPlanOfState(member: unknown): ReadPlan | null {
  if (!planValidator.Check(member)) return null;
  const { prices, ...plan } = member as Static<typeof PlanOfStateSchema>;
  if (prices === null) return { plan, prices: "not_shown" };
  return {
    plan,
    prices: pricesValidator.Check(prices) ? (prices as unknown as PricesOfState) : "unreadable",
  };
}
