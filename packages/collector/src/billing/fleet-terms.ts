/** What contracts say of an installation's silence: how much of it there may be, and from when it counts. */

import type { FleetTerms } from "../fleet/refresh-states.ts";
import { firstReportDue } from "./first-report-due.ts";
import { reportDueSeconds } from "./report-due.ts";

export const fleetTerms: FleetTerms = async (db, installations, now) => ({
  reportDueSeconds: await reportDueSeconds(db, installations, now),
  firstReportDue: await firstReportDue(db, installations, now),
});
