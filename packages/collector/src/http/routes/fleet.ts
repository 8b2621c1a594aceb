/** `/api/v1/fleet`: the state of each installation, by its name. */

import Type from "typebox";
import { firstReportDue } from "../../billing/first-report-due.ts";
import { reportDueSeconds } from "../../billing/report-due.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { type FleetItem, fleetOverview } from "../../fleet/overview.ts";
import { listInstallations } from "../../store/installations.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { textOrNull } from "../instants.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  countShape,
  instantOrNullShape,
  naming,
  oneOf,
  orNull,
  pageShape,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const fleetShape = shape({
  installation: textShape,
  customer: textOrNullShape,
  state: oneOf("reporting", "late", "offline", "never_reported", "forked", "retired"),
  last_covered: instantOrNullShape,
  silent_seconds: orNull(countShape),
  fallback_from: instantOrNullShape,
  journals: shape({ expected: countShape, dead: countShape }),
  backlog: orNull(countShape),
  agent_version: textOrNullShape,
  clock_skew_ms: orNull(Type.Integer()),
  quarantined: countShape,
});

export function fleetRoutes({ database, clock }: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/fleet",
      {
        summary: "Show the state of each installation",
        tag: "fleet",
        access: operators("read-only"),
        query: shape({ ...pageQuery, customer: Type.Optional(naming("customer")) }),
        answer: pageShape(fleetShape),
      },
      async (request) => {
        const limit = pageLimit(request.query);
        const after = String(cursorKey(request.query)?.[0] ?? "");
        const customer = request.query.customer ?? null;
        const rows = await listInstallations(database, { after, limit: limit + 1, customer });
        const page = pageOf(rows, limit, ({ id }) => [id]);
        const ids = page.items.map(({ id }) => id);
        const now = clock.now();
        const context = {
          database,
          now,
          reportDueSeconds: await reportDueSeconds(database, ids, now),
          firstReportDue: await firstReportDue(database, ids, now),
        };
        const items = await fleetOverview(context, page.items);
        return { items: items.map(fleetJson), next: page.next };
      },
    );
  };
}

function fleetJson(item: FleetItem) {
  return {
    installation: item.installation,
    customer: item.customer,
    state: item.state,
    last_covered: textOrNull(item.lastCovered),
    silent_seconds: item.silentSeconds,
    fallback_from: textOrNull(item.fallbackFrom),
    journals: item.journals,
    backlog: item.backlog,
    agent_version: item.agentVersion,
    clock_skew_ms: item.clockSkewMs,
    quarantined: item.quarantined,
  };
}
