/** `/api/v1/invoices/:id/evidence`: all that an invoice rests on, signed, file by file. */

import Type from "typebox";
import { sequenceMax, uuidPattern } from "@submeter/shared/wire/names";
import { type EvidenceContext, invoicePack, reportsOfPack } from "../../evidence/invoice-pack.ts";
import { chainEntries } from "../../store/audit-log.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { HttpProblem } from "../http-problem.ts";
import { countShape, naming, shape, textShape } from "../shapes/shape.ts";

const byId = shape({ id: naming("invoice") });
const rangeQuery = shape({
  installation: naming("installation"),
  journal: Type.String({ pattern: uuidPattern, "x-names": "journal" }),
  first: Type.String({ pattern: "^[1-9][0-9]{0,9}$" }),
});
const packShape = shape({
  manifest: Type.String({ description: "The bytes of manifest.json: the digest of every file" }),
  signature: Type.String({ description: "The bytes of manifest.sig.json" }),
  files: Type.Unsafe<Readonly<Record<string, string>>>({
    type: "object",
    additionalProperties: { type: "string" },
    description: "Contents by path, without those of reports",
  }),
  reports: Type.Array(
    shape({
      path: textShape,
      installation: textShape,
      journal: textShape,
      first: countShape,
      last: countShape,
    }),
  ),
});

export function evidenceRoutes(context: EvidenceContext): ApiRoutes {
  return (api) => {
    api.get(
      "/invoices/:id/evidence",
      {
        summary: "Gather all that an invoice rests on, signed by the collector",
        description: "Files of reports are named with their digests and fetched one by one.",
        tag: "invoices",
        access: operators("read-only"),
        params: byId,
        answer: packShape,
      },
      async (request) => {
        await chainEntries(context.database);
        return invoicePack(context, request.params.id);
      },
    );

    api.get(
      "/invoices/:id/evidence/reports",
      {
        summary: "Give one file of reports of an invoice's evidence",
        tag: "invoices",
        access: operators("read-only"),
        params: byId,
        query: rangeQuery,
        answer: textShape,
        media: "text/plain",
      },
      async (request) => {
        const { installation, journal, first } = request.query;
        const range = { installation, journal, first: Number(first), last: sequenceMax };
        const text = await reportsOfPack(context.database, request.params.id, range);
        if (text !== null) return text;
        const hint = "take the files that the evidence itself names";
        throw new HttpProblem(404, "evidence_unknown", "the evidence has no such file", hint);
      },
    );
  };
}
