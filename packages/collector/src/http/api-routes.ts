/** Every family of operations under `/api/v1`, in one list. */

import type { BillingContext } from "../billing/billing-context.ts";
import type { FleetContext } from "../fleet/fleet-context.ts";
import type { ApiRoutes } from "./api/operation.ts";
import { auditRoutes } from "./routes/audit.ts";
import { reportVerificationRoutes } from "./routes/report-verification.ts";
import { closeRoutes } from "./routes/close.ts";
import { contractRoutes } from "./routes/contracts.ts";
import { correctionRoutes } from "./routes/corrections.ts";
import { customerRoutes } from "./routes/customers.ts";
import { cycleRoutes } from "./routes/cycles.ts";
import { fleetRoutes } from "./routes/fleet.ts";
import { installationRoutes } from "./routes/installations.ts";
import { invoiceRoutes } from "./routes/invoices.ts";
import { journalRoutes } from "./routes/journals.ts";
import { limitRoutes } from "./routes/limits.ts";
import { planRoutes } from "./routes/plans.ts";
import { reportRoutes } from "./routes/reports.ts";
import { roleRoutes } from "./routes/roles.ts";
import { shutdownRoutes } from "./routes/shutdowns.ts";
import { subjectRoutes } from "./routes/subjects.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { todayRoutes } from "./routes/today.ts";
import { usageAdjustmentRoutes } from "./routes/usage-adjustments.ts";
import { usageBreakdownRoutes } from "./routes/usage-breakdown.ts";
import { usageRoutes } from "./routes/usage.ts";

const ofFleet = [
  customerRoutes,
  tokenRoutes,
  roleRoutes,
  installationRoutes,
  journalRoutes,
  reportRoutes,
  shutdownRoutes,
  fleetRoutes,
  subjectRoutes,
  usageRoutes,
  usageBreakdownRoutes,
  auditRoutes,
  reportVerificationRoutes,
];
const ofBilling = [
  planRoutes,
  contractRoutes,
  cycleRoutes,
  limitRoutes,
  closeRoutes,
  invoiceRoutes,
  correctionRoutes,
  usageAdjustmentRoutes,
  todayRoutes,
];

export function apiRoutesOf(fleet: FleetContext, billing: BillingContext): ApiRoutes[] {
  return [...ofFleet.map((routes) => routes(fleet)), ...ofBilling.map((routes) => routes(billing))];
}
