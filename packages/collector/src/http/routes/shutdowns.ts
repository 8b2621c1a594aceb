/** `/api/v1/shutdowns`: what customers attested, and the word of a person on it. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import { attestedLateSecondsMax } from "@submeter/shared/wire/shutdowns";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { decideShutdown } from "../../fleet/shutdowns.ts";
import { listShutdowns, type ShutdownRow } from "../../store/shutdowns.ts";
import { textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const closed = { additionalProperties: false };
const listQuery = Type.Object(
  {
    ...pageQuery,
    installation: Type.Optional(Type.String()),
    status: Type.Optional(
      Type.Union(
        (["waiting", "accepted", "rejected", "replaced"] as const).map((s) => Type.Literal(s)),
      ),
    ),
  },
  closed,
);
const named = Type.Object({
  installation: Type.String(),
  id: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }),
});
const reasonBody = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 2000 }) }, closed);

export function shutdownRoutes(context: FleetContext): Routes {
  return (server) => {
    server.get("/shutdowns", { schema: { querystring: listQuery } }, async (request) => {
      const { installation = null, status = null } = request.query;
      const limit = pageLimit(request.query);
      const after = cursorKey(request.query);
      const page = { after, limit: limit + 1 };
      const rows = await listShutdowns(context.database, { installation, status }, page);
      const { items, next } = pageOf(rows, limit, (row) => [
        row.recorded_at,
        row.installation_id,
        row.id,
      ]);
      return { items: items.map(shutdownJson), next };
    });

    for (const [verb, status] of [
      ["accept", "accepted"],
      ["reject", "rejected"],
    ] as const) {
      server.post(
        `/shutdowns/:installation/:id/${verb}`,
        { schema: { params: named, body: reasonBody } },
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
