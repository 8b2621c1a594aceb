/** `/api/v1/installations/:id/journals`: what each agent's file has brought, and what is missing. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import { uuidPattern } from "@submeter/shared/wire/names";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { expectedNow } from "../../fleet/reporting.ts";
import { retireJournalAt } from "../../fleet/retire-journal.ts";
import { installationUnknown } from "../../fleet/unknown.ts";
import { findInstallation } from "../../store/installations.ts";
import { type JournalRow, journalsOf } from "../../store/journals.ts";
import { holesOf, outcomeCounts } from "../../store/report-lists.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { instantOf, textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import { journalShape, retireBody } from "../shapes/installation.ts";
import { naming, pageShape, shape } from "../shapes/shape.ts";

const byId = shape({ id: naming("installation") });
const byJournal = shape({
  id: naming("installation"),
  journal: Type.String({ pattern: uuidPattern, "x-names": "journal" }),
});
const holesMax = 100;

export function journalRoutes(context: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/installations/:id/journals",
      {
        summary: "List an installation's journals, with what is missing",
        tag: "installations",
        access: operators("read-only"),
        params: byId,
        query: shape(pageQuery),
        answer: pageShape(journalShape),
      },
      async (request) => {
        const { id } = request.params;
        const all = await journalsIn(context, id);
        const limit = pageLimit(request.query);
        const [after = null] = cursorKey(request.query, "uuid") ?? [];
        const start = all.findIndex(({ journal }) => journal === after) + 1;
        const page = pageOf(all.slice(start, start + limit + 1), limit, (row) => [row.journal]);
        return { items: await described(context, page.items, all), next: page.next };
      },
    );

    api.post(
      "/installations/:id/journals/:journal/retire",
      {
        summary: "Retire a journal: nothing more is expected of it; or take that back",
        tag: "installations",
        access: operators("billing"),
        params: byJournal,
        body: retireBody,
        answer: journalShape,
      },
      async (request) => {
        const { id: installation, journal } = request.params;
        const at = request.body.at === null ? null : instantOf(request.body.at, "at");
        const { reason } = request.body;
        await retireJournalAt(
          context,
          operatorOf(request),
          { installation, journal },
          { at, reason },
        );
        const all = await journalsIn(context, installation);
        const one = all.filter((row) => row.journal === journal);
        const [retired] = await described(context, one, all);
        if (retired === undefined) throw new RangeError("a journal that was retired is there");
        return retired;
      },
    );
  };
}

async function journalsIn({ database }: FleetContext, id: string): Promise<JournalRow[]> {
  if ((await findInstallation(database, id)) === null) throw installationUnknown(id);
  return journalsOf(database, [id]);
}

/** `all`: which of them is expected depends on those that replace it. */
async function described(
  { database, clock }: FleetContext,
  rows: readonly JournalRow[],
  all: readonly JournalRow[],
) {
  const [id = ""] = rows.map((row) => row.installation_id);
  const counts = await outcomeCounts(database, id);
  const expected = new Set(expectedNow(all, clock.now()).map(({ journal }) => journal));
  const items = [];
  for (const row of rows) {
    const { journal } = row;
    const found = await holesOf(database, { installation: id, journal }, holesMax);
    const outcomes = Object.fromEntries(
      ["accepted", "quarantined", "rejected", "conflict"].map((outcome) => [
        outcome,
        counts.find((one) => one.journal === journal && one.outcome === outcome)?.count ?? 0,
      ]),
    );
    const holes = found.map(({ first, last }) => (first === last ? first : [first, last]));
    items.push({ ...journalJson(row), holes, expected: expected.has(journal), outcomes });
  }
  return items;
}

function journalJson(row: JournalRow) {
  return {
    journal: row.journal,
    through: row.through,
    highest: row.highest,
    covered_through: textOrNull(row.covered_through),
    first_covered_at: textOrNull(row.first_covered_at),
    first_recorded_at: formatInstant(row.first_recorded_at),
    last_recorded_at: formatInstant(row.last_recorded_at),
    replaces: row.replaces,
    public_key: row.public_key,
    final_at: textOrNull(row.final_at),
    retired_at: textOrNull(row.retired_at),
    retired_reason: row.retired_reason,
    agent_version: row.agent_version,
  };
}
