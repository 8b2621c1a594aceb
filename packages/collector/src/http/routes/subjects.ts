/** `/api/v1/subjects`: whom a many-customer installation counted for, and what belongs to nobody yet. */

import Type from "typebox";
import { formatInstant, secondsPerDay } from "@submeter/shared/time/instant";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { listSubjects, type SubjectRow } from "../../store/subjects.ts";
import { textOrNull } from "../instants.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const query = Type.Object(
  {
    ...pageQuery,
    installation: Type.Optional(Type.String()),
    unassigned: Type.Optional(Type.Literal("true")),
  },
  { additionalProperties: false },
);

const nullableText = Type.Union([Type.String(), Type.Null()]);
const answer = Type.Object({
  items: Type.Array(
    Type.Object({
      installation: Type.String(),
      subject: Type.String(),
      customer: nullableText,
      first_window: Type.String(),
      last_window: Type.String(),
      unassigned_lines: Type.Integer(),
      unassigned_from: nullableText,
    }),
  ),
  next: nullableText,
});

/** As long as usage is told apart by hour. */
const lookbackSeconds = 396 * secondsPerDay;

export function subjectRoutes({ database, clock }: FleetContext): Routes {
  return (server) => {
    const schema = { querystring: query, response: { 200: answer } };
    server.get("/subjects", { schema }, async (request) => {
      const limit = pageLimit(request.query);
      const [installation = "", subject = ""] = (cursorKey(request.query) ?? []).map(String);
      const now = clock.now();
      const rows = await listSubjects(database, {
        installation: request.query.installation ?? null,
        unassigned: request.query.unassigned === "true",
        since: now - lookbackSeconds,
        now,
        after: [installation, subject],
        limit: limit + 1,
      });
      const page = pageOf(rows, limit, (row) => [row.installation, row.subject]);
      return { items: page.items.map(subjectJson), next: page.next };
    });
  };
}

function subjectJson(row: SubjectRow) {
  return {
    ...row,
    first_window: formatInstant(row.first_window),
    last_window: formatInstant(row.last_window),
    unassigned_from: textOrNull(row.unassigned_from),
  };
}
