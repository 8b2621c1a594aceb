/** `/api/v1/contracts`: what is agreed with whom, its amendments and its end. */

import Type from "typebox";
import { formatInstant, hourFloor } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { setContract } from "../../billing/contracts.ts";
import { endContract } from "../../billing/end-contract.ts";
import { contractUnknown } from "../../billing/unknown.ts";
import { contractVersions, listContracts, type StoredContract } from "../../store/contracts.ts";
import { refusingFaults } from "../faults-problem.ts";
import { instantOf, instantText, textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const byId = Type.Object({ id: Type.String() });
const closed = { additionalProperties: false };
const listQuery = Type.Object({ ...pageQuery, customer: Type.Optional(Type.String()) }, closed);
const setQuery = Type.Object(
  {
    dry_run: Type.Optional(Type.Union([Type.Literal("true"), Type.Literal("false")])),
    /** From which period on an amendment rules. */
    effective: Type.Optional(instantText),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  },
  closed,
);
const endBody = Type.Object(
  { at: instantText, reason: Type.String({ minLength: 1, maxLength: 1000 }) },
  closed,
);

export function contractRoutes(context: BillingContext): Routes {
  const { database } = context;
  return (server) => {
    server.put(
      "/contracts/:id",
      { schema: { params: byId, querystring: setQuery } },
      async (request) => {
        const { dry_run, effective, reason = null } = request.query;
        const { contract, effects } = await refusingFaults(
          setContract(context, operatorOf(request), request.body, {
            id: request.params.id,
            effective:
              effective === undefined ? null : hourFloor(instantOf(effective, "effective")),
            dryRun: dry_run === "true",
            reason,
          }),
        );
        return { contract: contractJson(contract), effects };
      },
    );

    server.post(
      "/contracts/:id/end",
      { schema: { params: byId, body: endBody } },
      async (request) => {
        const { at, reason } = request.body;
        const { contract, effects } = await refusingFaults(
          endContract(context, operatorOf(request), {
            id: request.params.id,
            at: instantOf(at, "at"),
            reason,
          }),
        );
        return { contract: contractJson(contract), effects };
      },
    );

    server.get("/contracts", { schema: { querystring: listQuery } }, async (request) => {
      const limit = pageLimit(request.query);
      const after = String(cursorKey(request.query)?.[0] ?? "");
      const { customer = null } = request.query;
      const rows = await listContracts(database, { customer, after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ id }) => [id]);
      return { items: page.items.map(contractJson), next: page.next };
    });

    server.get("/contracts/:id", { schema: { params: byId } }, async (request) => {
      const { id } = request.params;
      const versions = await contractVersions(database, id);
      const newest = versions.at(-1);
      if (newest === undefined) throw contractUnknown(id);
      return { ...contractJson(newest), versions: versions.map(versionJson) };
    });
  };
}

function contractJson(row: StoredContract) {
  return {
    ...versionJson(row),
    id: row.id,
    customer: row.customer_id,
    document: JSON.parse(row.document) as unknown,
    ended_at: textOrNull(row.term_to),
  };
}

function versionJson(row: StoredContract) {
  return {
    version: row.version,
    digest: row.digest,
    plan: { id: row.plan_id, version: row.plan_version },
    effective_from: formatInstant(row.effective_from),
    reason: row.reason,
    created_at: formatInstant(row.created_at),
    created_by: row.created_by,
  };
}
