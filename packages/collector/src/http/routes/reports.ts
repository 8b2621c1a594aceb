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
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { HttpProblem } from "../http-problem.ts";
import { textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  countShape,
  digestShape,
  instantOrNullShape,
  instantShape,
  naming,
  oneOf,
  orNull,
  pageShape,
  reasonText,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const outcomeShape = oneOf("accepted", "quarantined", "rejected", "conflict");
const reportMembers = {
  installation: textShape,
  journal: textShape,
  sequence: countShape,
  outcome: outcomeShape,
  code: textOrNullShape,
  digest: digestShape,
  decision: orNull(oneOf("accepted", "refused")),
  decided_at: instantOrNullShape,
  decided_by: textOrNullShape,
  decision_reason: textOrNullShape,
  sealed_at: instantOrNullShape,
  recorded_at: instantShape,
};
const contentMembers = {
  document: Type.Optional(
    Type.Unknown({ description: "How the body reads; absent if it does not" }),
  ),
  body: orNull(
    Type.String({
      description: "The bytes that were signed; null once their month was exported and dropped",
    }),
  ),
  headers: orNull(shape({ "signature-input": textShape, signature: textShape })),
  receipt: Type.Unknown({ description: "The signed receipt; docs/wire.md describes it" }),
};
const shownShape = shape({
  ...reportMembers,
  ...contentMembers,
  conflicts: Type.Array(shape({ ...reportMembers, ...contentMembers })),
});
const listQuery = shape({
  ...pageQuery,
  installation: Type.Optional(naming("installation")),
  outcome: Type.Optional(outcomeShape),
  undecided: Type.Optional(oneOf("true")),
});
const named = shape({
  installation: naming("installation"),
  journal: Type.String({ pattern: uuidPattern, "x-names": "journal" }),
  sequence: Type.String({ pattern: "^[1-9][0-9]{0,9}$" }),
});
const path = "/reports/:installation/:journal/:sequence";
const verbs = [
  { verb: "accept", decision: "accepted", summary: "Accept a held report, so that it counts" },
  { verb: "reject", decision: "refused", summary: "Refuse a held report: it never counts" },
] as const;

export function reportRoutes(context: FleetContext): ApiRoutes {
  const { database } = context;
  return (api) => {
    api.get(
      "/reports",
      {
        summary: "List reports, the newest first",
        tag: "reports",
        access: operators("read-only"),
        query: listQuery,
        answer: pageShape(shape(reportMembers)),
      },
      async (request) => {
        const { installation = null, outcome = null, undecided } = request.query;
        const filter = { installation, outcome, undecided: undecided === "true" };
        const limit = pageLimit(request.query);
        const after = cursorKey(request.query, "instant", "text", "uuid", "count", "text");
        const rows = await listReports(database, filter, { after, limit: limit + 1 });
        const page = pageOf(rows, limit, placeOf);
        return { items: page.items.map(reportJson), next: page.next };
      },
    );

    api.get(
      path,
      {
        summary: "Show a report: its bytes, signatures, receipt and conflicts",
        tag: "reports",
        access: operators("read-only"),
        params: named,
        answer: shownShape,
      },
      async (request) => shown(database, keyOf(request.params)),
    );

    for (const { verb, decision, summary } of verbs) {
      api.post(
        `${path}/${verb}`,
        {
          summary,
          tag: "reports",
          access: operators("billing"),
          params: named,
          body: shape({ reason: reasonText }),
          answer: shownShape,
        },
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
