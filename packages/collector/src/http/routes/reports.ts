/** `/api/v1/reports`: what came in, exactly as it came, and the word of a person on what is held. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import { sequenceMax, uuidPattern } from "@submeter/shared/wire/names";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import { decideReport } from "../../ingest/decide.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { reportUnknown } from "../../fleet/unknown.ts";
import type { Queryable } from "../../store/database.ts";
import {
  findShown,
  listReports,
  placeOf,
  type ReportListRow,
  type ShownReport,
} from "../../store/report-lists.ts";
import type { ReportKey } from "../../store/reports.ts";
import { HttpProblem } from "../http-problem.ts";
import { textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const closed = { additionalProperties: false };
const listQuery = Type.Object(
  {
    ...pageQuery,
    installation: Type.Optional(Type.String()),
    outcome: Type.Optional(
      Type.Union(
        (["accepted", "quarantined", "rejected", "conflict"] as const).map((o) => Type.Literal(o)),
      ),
    ),
    undecided: Type.Optional(Type.Literal("true")),
  },
  closed,
);
const named = Type.Object({
  installation: Type.String(),
  journal: Type.String({ pattern: uuidPattern }),
  sequence: Type.String({ pattern: "^[1-9][0-9]{0,9}$" }),
});
const reasonBody = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 2000 }) }, closed);
const path = "/reports/:installation/:journal/:sequence";

export function reportRoutes(context: FleetContext): Routes {
  const { database } = context;
  return (server) => {
    server.get("/reports", { schema: { querystring: listQuery } }, async (request) => {
      const { installation = null, outcome = null, undecided } = request.query;
      const filter = { installation, outcome, undecided: undecided === "true" };
      const limit = pageLimit(request.query);
      const after = cursorKey(request.query);
      const rows = await listReports(database, filter, { after, limit: limit + 1 });
      const page = pageOf(rows, limit, placeOf);
      return { items: page.items.map(reportJson), next: page.next };
    });

    server.get(path, { schema: { params: named } }, async (request) =>
      shown(database, keyOf(request.params)),
    );

    for (const [verb, decision] of [
      ["accept", "accepted"],
      ["reject", "refused"],
    ] as const) {
      server.post(
        `${path}/${verb}`,
        { schema: { params: named, body: reasonBody } },
        async (request) => {
          const key = keyOf(request.params);
          const { reason } = request.body;
          await decideReport(context, operatorOf(request), key, { decision, reason });
          return shown(database, key);
        },
      );
    }
  };
}

async function shown(database: Queryable, key: ReportKey) {
  const [first, ...others] = await findShown(database, key);
  if (first === undefined) throw reportUnknown(key.installation, key.journal, key.sequence);
  return { ...shownJson(first), conflicts: others.map(shownJson) };
}

function keyOf(params: { installation: string; journal: string; sequence: string }): ReportKey {
  const sequence = Number(params.sequence);
  if (sequence > sequenceMax) {
    const hint = "list reports with `submeter reports list`";
    throw new HttpProblem(404, "report_unknown", "no report has that sequence", hint);
  }
  return { installation: params.installation, journal: params.journal, sequence };
}

function reportJson(row: ReportListRow) {
  return {
    installation: row.installation_id,
    journal: row.journal,
    sequence: row.sequence,
    outcome: row.outcome,
    code: row.code,
    digest: row.digest,
    decision: row.decision,
    decided_at: textOrNull(row.decided_at),
    decided_by: row.decided_by,
    decision_reason: row.decision_reason,
    sealed_at: textOrNull(row.sealed_at),
    recorded_at: formatInstant(row.recorded_at),
  };
}

function shownJson(row: ShownReport) {
  const receipt = JSON.parse(row.receipt.toString("utf8")) as unknown;
  if (row.document === null) return { ...reportJson(row), body: null, headers: null, receipt };
  const { body, signature_input: input, signature } = row.document;
  const json = parseStrictJson(body);
  return {
    ...reportJson(row),
    ...(json.kind === "value" && { document: json.value }),
    // The bytes that were signed; `document` is only how they read. Null once their month was exported and dropped.
    body: Buffer.from(body).toString("utf8"),
    headers: { "signature-input": input, signature },
    receipt,
  };
}
