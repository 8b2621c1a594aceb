/** `/api/v1/shutdowns`: what customers attested, and the word of a person on it. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import { attestedLateSecondsMax } from "@submeter/shared/wire/shutdowns";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { decideShutdown } from "../../fleet/shutdowns.ts";
import { listShutdowns, type ShutdownRow } from "../../store/shutdowns.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  countShape,
  instantOrNullShape,
  instantShape,
  naming,
  oneOf,
  pageShape,
  reasonText,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const statusShape = oneOf("waiting", "accepted", "rejected", "replaced");
const shutdownShape = shape({
  installation: textShape,
  id: countShape,
  from: instantShape,
  until: instantShape,
  reason: textShape,
  stated_by: textOrNullShape,
  stated_at: instantShape,
  stated_late: Type.Boolean(),
  report: shape({ journal: textShape, sequence: countShape }),
  recorded_at: instantShape,
  status: statusShape,
  decided_at: instantOrNullShape,
  decided_by: textOrNullShape,
  decision_reason: textOrNullShape,
});
const listQuery = shape({
  ...pageQuery,
  installation: Type.Optional(naming("installation")),
  status: Type.Optional(statusShape),
});
const named = shape({
  installation: naming("installation"),
  id: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }),
});
const verbs = [
  { verb: "accept", status: "accepted", summary: "Accept a shutdown: its hours are excused" },
  { verb: "reject", status: "rejected", summary: "Reject a shutdown: its hours count as silence" },
] as const;

export function shutdownRoutes(context: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/shutdowns",
      {
        summary: "List the shutdowns that customers attested",
        tag: "reports",
        access: operators("read-only"),
        query: listQuery,
        answer: pageShape(shutdownShape),
      },
      async (request) => {
        const { installation = null, status = null } = request.query;
        const limit = pageLimit(request.query);
        const after = cursorKey(request.query, "instant", "text", "count");
        const page = { after, limit: limit + 1 };
        const rows = await listShutdowns(context.database, { installation, status }, page);
        const { items, next } = pageOf(rows, limit, (row) => [
          row.recorded_at,
          row.installation_id,
          row.id,
        ]);
        return { items: items.map(shutdownJson), next };
      },
    );

    for (const { verb, status, summary } of verbs) {
      api.post(
        `/shutdowns/:installation/:id/${verb}`,
        {
          summary,
          tag: "reports",
          access: operators("billing"),
          params: named,
          body: shape({ reason: reasonText }),
          answer: shutdownShape,
        },
        async (request) => {
          const { installation, id } = request.params;
          const key = { installation, id: Number(id) };
          const { reason } = request.body;
          return shutdownJson(
            await decideShutdown(context, operatorOf(request), key, { status, reason }),
          );
        },
      );
    }
  };
}

function shutdownJson(row: ShutdownRow) {
  return {
    installation: row.installation_id,
    id: row.id,
    from: formatInstant(row.from_at),
    until: formatInstant(row.until_at),
    reason: row.reason,
    stated_by: row.stated_by,
    stated_at: formatInstant(row.stated_at),
    // The contract's clause: in advance, or within ten days after the fact.
    stated_late: row.stated_at > row.until_at + attestedLateSecondsMax,
    report: { journal: row.journal, sequence: row.sequence },
    recorded_at: formatInstant(row.recorded_at),
    status: row.status,
    decided_at: textOrNull(row.decided_at),
    decided_by: row.decided_by,
    decision_reason: row.decision_reason,
  };
}
