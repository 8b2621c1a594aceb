/** `/api/v1/subjects`: whom a many-customer installation counted for, and what belongs to nobody yet. */

import Type from "typebox";
import { formatInstant, secondsPerDay } from "@submeter/shared/time/instant";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { listSubjects, type SubjectRow } from "../../store/subjects.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { textOrNull } from "../instants.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  countShape,
  instantOrNullShape,
  instantShape,
  naming,
  oneOf,
  pageShape,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const query = shape({
  ...pageQuery,
  installation: Type.Optional(naming("installation")),
  unassigned: Type.Optional(oneOf("true")),
});
const subjectShape = shape({
  installation: textShape,
  subject: textShape,
  customer: textOrNullShape,
  first_window: instantShape,
  last_window: instantShape,
  unassigned_lines: countShape,
  unassigned_from: instantOrNullShape,
});

/** As long as usage is told apart by hour. */
const lookbackSeconds = 396 * secondsPerDay;

export function subjectRoutes({ database, clock }: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/subjects",
      {
        summary: "List whom many-customer installations counted for",
        tag: "fleet",
        access: operators("read-only"),
        query,
        answer: pageShape(subjectShape),
      },
      async (request) => {
        const limit = pageLimit(request.query);
        const [installation, subject] = cursorKey(request.query, "text", "text") ?? ["", ""];
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
      },
    );
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
