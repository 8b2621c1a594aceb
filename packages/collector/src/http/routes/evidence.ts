/** `/api/v1/invoices/:id/evidence`: all that an invoice rests on, signed, file by file. */

import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { secondsPerDay } from "@submeter/shared/time/instant";
import { sequenceMax, uuidPattern } from "@submeter/shared/wire/names";
import { type EvidenceContext, invoicePack, reportsOfPack } from "../../evidence/invoice-pack.ts";
import { viewInvoice } from "../../billing/invoice-view.ts";
import { audit } from "../../store/audit.ts";
import { chainEntries, isOnRecord } from "../../store/audit-log.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { HttpProblem } from "../http-problem.ts";
import { operatorOf } from "../operators.ts";
import { countShape, naming, reasonText, shape, textShape } from "../shapes/shape.ts";

const byId = shape({ id: naming("invoice") });
const disclosureText = Type.Optional(
  Type.String({
    pattern: "^[1-9][0-9]{0,17}$",
    description:
      "What a disclosure of this invoice answered within the last day: reports come whole, also where they speak of another customer",
  }),
);
const rangeQuery = shape({
  disclosure: disclosureText,
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

const disclosedAction = "evidence.disclosed";
const disclosureSeconds = secondsPerDay;

export function evidenceRoutes(context: EvidenceContext): ApiRoutes {
  const { database, clock } = context;
  const isDisclosed = async (request: FastifyRequest, invoice: string, id: string | undefined) => {
    if (id === undefined) return false;
    const { name: who } = operatorOf(request);
    const since = clock.now() - disclosureSeconds;
    const entry = { id, who, action: disclosedAction, subject: `invoice:${invoice}`, since };
    if (await isOnRecord(database, entry)) return true;
    throw new HttpProblem(
      403,
      "disclosure_unknown",
      "whole reports of this invoice were not disclosed to you within the last day",
      "run `submeter invoices evidence … --whole-reports --reason …`, which puts it on record first",
    );
  };
  return (api) => {
    api.post(
      "/invoices/:id/evidence/disclosures",
      {
        summary:
          "Put on record that whole reports are given, also where they speak of another customer",
        description:
          "By default such a report is shown in part. The answer's `disclosure` is what the evidence is then asked for with, within a day, by the same operator.",
        tag: "invoices",
        access: operators("billing"),
        params: byId,
        body: shape({ reason: reasonText }),
        answer: shape({ disclosure: textShape }),
        status: 201,
      },
      async (request) => {
        const { id } = request.params;
        await viewInvoice(database, id);
        const disclosure = await audit(database, {
          at: clock.now(),
          who: operatorOf(request).name,
          action: disclosedAction,
          subject: `invoice:${id}`,
          reason: request.body.reason,
        });
        return { disclosure };
      },
    );

    api.get(
      "/invoices/:id/evidence",
      {
        summary: "Gather all that an invoice rests on, signed by the collector",
        description: "Files of reports are named with their digests and fetched one by one.",
        tag: "invoices",
        access: operators("read-only"),
        params: byId,
        query: shape({ disclosure: disclosureText }),
        answer: packShape,
      },
      async (request) => {
        const { id } = request.params;
        const disclosed = await isDisclosed(request, id, request.query.disclosure);
        await chainEntries(context.database);
        return invoicePack(context, id, { disclosed });
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
        const { id } = request.params;
        const disclosed = await isDisclosed(request, id, request.query.disclosure);
        const text = await reportsOfPack(database, id, range, { disclosed });
        if (text !== null) return text;
        const hint = "take the files that the evidence itself names";
        throw new HttpProblem(404, "evidence_unknown", "the evidence has no such file", hint);
      },
    );
  };
}
