/** What setting a contract does, in sentences for the person who sets it. */

import { contractTerms } from "@submeter/shared/contracts/contract-terms";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { decimalsOf } from "@submeter/shared/numbers/currency";
import { decimal, format, formatFixed } from "@submeter/shared/numbers/decimal";
import {
  floorToScale,
  multiplyFractions,
  roundHalfAwayFromZero,
  toFraction,
} from "@submeter/shared/numbers/fraction";
import type { Fraction } from "@submeter/shared/numbers/fraction";
import { grouped } from "@submeter/shared/rating/basis";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import { partOfMinimum } from "@submeter/shared/rating/trial";
import { formatInstant, type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import type { Period } from "@submeter/shared/time/period";
import type { Queryable } from "../store/database.ts";
import { assignmentsOf } from "../store/evidence.ts";
import { type Agreement, latestVersion, periodStarting, versionFor } from "./agreement.ts";
import { openPeriod } from "./open-period.ts";
import { periodOf } from "./snapshot.ts";

/** `effective`: from which period on the version rules; `marked`: starts of closed periods that will be computed again. */
export async function effectsOf(
  db: Queryable,
  given: { agreement: Agreement; effective: Instant; marked: readonly Instant[] },
): Promise<string[]> {
  const { agreement, effective, marked } = given;
  const open = await openPeriod(db, agreement);
  if (open === null) return [...noOpenPeriod(agreement), ...closedEffects(marked)];
  const from = Math.max(open.period.from, effective);
  const ruled = periodStarting(agreement, open.anchor, from)?.period ?? open.period;
  return [
    ...(ruled.from > open.period.from ? [unchanged(open.period)] : []),
    ...periodEffects(agreement, ruled),
    ...(await installationEffects(db, agreement)),
    ...closedEffects(marked),
  ];
}

function unchanged({ from, to }: Period): string {
  return `The period ${formatInstant(from)} to ${formatInstant(to)} is not closed yet and keeps what was agreed for it.`;
}

function periodEffects(agreement: Agreement, period: Period): string[] {
  const { contract, plan } = versionFor(agreement, period.from);
  const terms = contractTerms(contract);
  const earliest = period.to + terms.graceSeconds;
  const latest = Math.max(earliest, period.to + terms.reportDueSeconds);
  return [
    `The first period under it is ${formatInstant(period.from)} to ${formatInstant(period.to)}${partOf(period)}.`,
    `It closes at ${formatInstant(earliest)} at the earliest, when every hour is accounted for, and by ${formatInstant(latest)} although reports are missing, unless one is held for a decision or the collector itself was down.`,
    ...minimumEffects(contract, plan, period),
    ...termEffects(agreement),
  ];
}

function partOf(period: Period): string {
  const [hours, whole] = [hoursOf(period), hoursOf(period.cycle)];
  return hours === whole ? "" : `, ${grouped(hours)} of ${grouped(whole)} hours of its cycle`;
}

function minimumEffects(contract: ContractDocument, plan: PlanDocument, period: Period): string[] {
  const { minimum, fallback } = contract;
  if (minimum === undefined) {
    return ["There is no minimum: a period without any usage comes to the base fees alone."];
  }
  const { prorate } = contractTerms(contract);
  const { fraction: prorated, text } = partOfMinimum(periodOf(period), contract, prorate.minimum);
  const note = text === null ? "" : `, prorated for this period`;
  return [
    "amount" in minimum
      ? `At least ${grouped(amountText(minimum.amount, prorated, plan.currency))} ${plan.currency} is billed for it${note}.`
      : `At least ${grouped(quantityText(minimum, prorated, plan))} of ${minimum.meter} is billed for it${note}; each unit short costs ${minimum.shortfall_price} ${plan.currency}.`,
    fallbackEffect(contract, fallback ?? "floor"),
  ];
}

function amountText(amount: string, part: Fraction, currency: string): string {
  const decimals = decimalsOf(currency);
  const exact = multiplyFractions(toFraction(decimal(amount)), part);
  return formatFixed(roundHalfAwayFromZero(exact, decimals), decimals);
}

function quantityText(
  minimum: { meter: string; quantity: string },
  part: Fraction,
  plan: PlanDocument,
): string {
  const scale = plan.meters.find(({ name }) => name === minimum.meter)?.scale ?? 0;
  return format(
    floorToScale(multiplyFractions(toFraction(decimal(minimum.quantity)), part), scale),
  );
}

function fallbackEffect(
  contract: ContractDocument,
  fallback: "floor" | "share" | "estimate",
): string {
  const { reportDueSeconds, uncountedAllowanceHours } = contractTerms(contract);
  const when = `When an installation has been silent for more than ${reportDueSeconds / secondsPerHour} h at the close, or its meter was dead for more than ${uncountedAllowanceHours} h of the period, the invoice is provisional`;
  switch (fallback) {
    case "floor":
      return `${when}: what is known, and at least the minimum.`;
    case "share":
      return `${when}: what is known plus the minimum's share for the missing hours.`;
    case "estimate":
      return `${when}: what is known plus an estimate from the 28 days before.`;
  }
}

function termEffects(agreement: Agreement): string[] {
  const { to } = contractTerms(latestVersion(agreement).contract).term;
  if (to === null) return [];
  const { runsTo } = agreement;
  if (runsTo === to)
    return [`The contract ends at ${formatInstant(to)}; usage after it is stored and not billed.`];
  const until = runsTo === null ? "until it is ended" : `until ${formatInstant(runsTo)}`;
  return [`The term ends at ${formatInstant(to)}; the prices go on ${until}, without the minimum.`];
}

function noOpenPeriod(agreement: Agreement): string[] {
  const { contract } = latestVersion(agreement);
  return contract.cycle.every !== "month" && contract.cycle.anchor === "first_usage"
    ? ["Nothing was used yet: the first period begins with the hour of the first usage."]
    : ["No period is open: all of the contract is closed."];
}

async function installationEffects(db: Queryable, agreement: Agreement): Promise<string[]> {
  const { term } = contractTerms(latestVersion(agreement).contract);
  const rows = await assignmentsOf(db, agreement.customer, term.from, agreement.runsTo);
  const names = [...new Set(rows.map((row) => row.installation_id))];
  if (names.length === 0) {
    return [
      "No installation is assigned to the customer: add one with `submeter installations add`, or nothing is ever counted.",
    ];
  }
  const list = names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
  return [
    `Counted is what ${names.length === 1 ? "the installation" : `${names.length} installations`} (${list}) report${names.length === 1 ? "s" : ""}.`,
  ];
}

function closedEffects(marked: readonly Instant[]): string[] {
  if (marked.length === 0) return [];
  const [first] = marked;
  const periods =
    marked.length === 1 ? "The closed period" : `${marked.length} closed periods, the first`;
  return [
    `${periods} from ${formatInstant(first ?? 0)}${marked.length === 1 ? " is" : ", are"} computed again; differences become corrections.`,
  ];
}

function hoursOf({ from, to }: { from: Instant; to: Instant }): number {
  return (to - from) / secondsPerHour;
}
