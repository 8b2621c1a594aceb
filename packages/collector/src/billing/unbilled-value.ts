/** What was used and is on no invoice yet, in money at list price: without what was negotiated, and without any minimum. */

import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { estimateCost } from "@submeter/shared/entitlements/estimate-cost";
import { decimalsOf } from "@submeter/shared/numbers/currency";
import { add, decimal, type Decimal, formatFixed } from "@submeter/shared/numbers/decimal";
import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import { contractsInUse } from "../store/today.ts";
import type { BillingContext } from "./billing-context.ts";
import { runningPeriodOf } from "./running-period.ts";

export type UnbilledValue = {
  readonly amounts: readonly { readonly currency: string; readonly amount: string }[];
  /** Of how many contracts, when there are more than are looked at. */
  readonly contracts: { readonly valued: number; readonly all: number };
};

/** Each reads a period of usage: a screen does not wait for more. */
const contractsMax = 100;

export async function unbilledValue({
  database,
  clock,
  logger,
}: BillingContext): Promise<UnbilledValue> {
  const now = clock.now();
  const { ids, total } = await contractsInUse(database, now, contractsMax);
  const sums = new Map<string, Decimal>();
  let valued = 0;
  for (const id of ids) {
    try {
      const value = await database.transaction((db) => valueOf(db, id, now), {
        isolation: "repeatable read",
      });
      valued += 1;
      if (value === null) continue;
      const { currency, amount } = value;
      sums.set(currency, add(sums.get(currency) ?? decimal("0"), decimal(amount)));
    } catch (error) {
      logger.warn({ err: error, contract: id }, "a contract's usage was not valued");
    }
  }
  const amounts = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    amounts: amounts.map(([currency, amount]) => ({
      currency,
      amount: formatFixed(amount, decimalsOf(currency)),
    })),
    contracts: { valued, all: total },
  };
}

async function valueOf(
  db: Queryable,
  contract: string,
  now: Instant,
): Promise<{ currency: string; amount: string } | null> {
  const running = await runningPeriodOf(db, contract, now);
  if (running === null) return null;
  const { open } = running;
  // Fees are not usage: a plan without its base lines is what usage alone comes to.
  const plan = { ...open.plan, lines: open.plan.lines.filter(({ kind }) => kind === "usage") };
  const { currency, total } = estimateCost(
    { ...open, plan, contract: atListPrice(open.contract) },
    [],
    now,
  );
  return { currency, amount: total };
}

/** What was negotiated, and what is charged whatever was used. */
const negotiated = new Set(["prices", "discounts", "minimum", "fallback", "commitment", "comp"]);

function atListPrice(contract: ContractDocument): ContractDocument {
  const listed = Object.entries(contract).filter(([member]) => !negotiated.has(member));
  return Object.fromEntries(listed) as ContractDocument;
}
