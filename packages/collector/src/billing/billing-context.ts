/** What billing is given: the database, time, the payment provider, and the vendor's own limits. */

import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import type { Database } from "../store/database.ts";
import type { Payments } from "../stripe/payments.ts";

export type BillingContext = {
  readonly database: Database;
  readonly clock: Clock;
  readonly payments: Payments;
  readonly logger: Logger;
  readonly limits: BillingLimits;
};

export type BillingLimits = {
  /** Major units of whatever currency: corrections up to it never wait for a person because of their size. */
  readonly approvalAmount: string;
  readonly daysUntilDue: number;
  /** A closed period is computed again when so long nothing more came for it: a backlog becomes one correction, not many. */
  readonly correctionQuietSeconds: number;
};

export const billingLimitsDefault: BillingLimits = {
  approvalAmount: "1000",
  daysUntilDue: 30,
  correctionQuietSeconds: 900,
};

/** Who asks, for the audit log; `submeter` for what the collector does by itself. */
export type Actor = { readonly name: string };

export const byItself: Actor = { name: "submeter" };
