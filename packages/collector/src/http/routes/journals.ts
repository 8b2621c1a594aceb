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
import { instantOf, instantText, textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { journalShape } from "../shapes/installation.ts";
import { naming, pageShape, reasonText, shape } from "../shapes/shape.ts";

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
        answer: pageShape(journalShape),
      },
      async (request) => {
        const { id } = request.params;
        return { items: await describedJournals(context, id), next: null };
      },
    );

    api.post(
      "/installations/:id/journals/:journal/retire",
      {
        summary: "Retire a journal: nothing more is expected of it",
        tag: "installations",
        access: operators("billing"),
        params: byJournal,
        body: shape({ at: instantText, reason: reasonText }),
        answer: journalShape,
      },
      async (request) => {
        const { id: installation, journal } = request.params;
        const at = instantOf(request.body.at, "at");
        const { reason } = request.body;
        await retireJournalAt(
          context,
          operatorOf(request),
          { installation, journal },
          { at, reason },
        );
        const all = await describedJournals(context, installation);
        const retired = all.find((one) => one.journal === journal);
        if (retired === undefined) throw new RangeError("a journal that was retired is there");
        return retired;
      },
    );
  };
}

async function describedJournals({ database, clock }: FleetContext, id: string) {
  if ((await findInstallation(database, id)) === null) throw installationUnknown(id);
  const journals = await journalsOf(database, [id]);
  const counts = await outcomeCounts(database, id);
  const expected = new Set(expectedNow(journals, clock.now()).map(({ journal }) => journal));
  const described = [];
  for (const row of journals) {
    const { journal } = row;
    const found = await holesOf(database, { installation: id, journal }, holesMax);
    const outcomes = Object.fromEntries(
      ["accepted", "quarantined", "rejected", "conflict"].map((outcome) => [
        outcome,
        counts.find((one) => one.journal === journal && one.outcome === outcome)?.count ?? 0,
      ]),
    );
    const holes = found.map(({ first, last }) => (first === last ? first : [first, last]));
    described.push({ ...journalJson(row), holes, expected: expected.has(journal), outcomes });
  }
  return described;
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
