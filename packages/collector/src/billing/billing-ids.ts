/**
 * Names of what billing makes, from what they are about: a collector that was restored from a backup and closes a period
 * again finds at the payment provider what it had made before, instead of making it twice.
 */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import type { PeriodKey } from "../store/periods.ts";

/** `st_acme_20260101T00_2`: statement 2 of the period; `st_acme_20260101T00_opening_1` of the opening. */
export function statementId(key: PeriodKey, number: number): string {
  return `st_${named(key)}_${number}`;
}

/** `inv_acme_20260101T00_1`: the sequence counts all invoices of (contract, period). */
export function invoiceId(contract: string, periodFrom: Instant, sequence: number): string {
  return `inv_${contract}_${compact(periodFrom)}_${sequence}`;
}

/** `cor_acme_20260101T00_2`: what statement 2 changed. */
export function correctionId(key: PeriodKey, toNumber: number): string {
  return `cor_${named(key)}_${toNumber}`;
}

/** `cn_acme_20260101T00_2_1`: the first note of those that settle the corrections up to statement 2. */
export function creditNoteId(key: PeriodKey, toNumber: number, part: number): string {
  return `cn_${named(key)}_${toNumber}_${part}`;
}

function named({ contract, scope, from }: PeriodKey): string {
  return `${contract}_${compact(from)}${scope === "opening" ? "_opening" : ""}`;
}

/** `20260101T00` */
function compact(instant: Instant): string {
  return formatInstant(instant).slice(0, 13).replaceAll("-", "");
}
