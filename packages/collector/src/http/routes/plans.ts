/** `/api/v1/plans`: what things cost, each version for good. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { addPlan } from "../../billing/plans.ts";
import { planUnknown } from "../../billing/unknown.ts";
import { findPlan, listPlans, planVersions, type StoredPlan } from "../../store/plans.ts";
import { refusingFaults } from "../faults-problem.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const byId = Type.Object({ id: Type.String() });
const byVersion = Type.Object({
  id: Type.String(),
  version: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }),
});
const listQuery = Type.Object(pageQuery, { additionalProperties: false });

export function planRoutes(context: BillingContext): Routes {
  const { database } = context;
  return (server) => {
    // The document's own schema answers with every fault at once, so the route has none.
    server.post("/plans", async (request, reply) => {
      const { plan, added } = await refusingFaults(
        addPlan(context, operatorOf(request), request.body),
      );
      return reply.code(added ? 201 : 200).send(planJson(plan));
    });

    server.get("/plans", { schema: { querystring: listQuery } }, async (request) => {
      const limit = pageLimit(request.query);
      const after = String(cursorKey(request.query)?.[0] ?? "");
      const rows = await listPlans(database, { after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ id }) => [id]);
      return { items: page.items.map(planJson), next: page.next };
    });

    server.get("/plans/:id", { schema: { params: byId } }, async (request) => {
      const { id } = request.params;
      const versions = await planVersions(database, id);
      const newest = versions.at(-1);
      if (newest === undefined) throw planUnknown(id);
      return { ...planJson(newest), versions: versions.map(({ version }) => version) };
    });

    server.get("/plans/:id/:version", { schema: { params: byVersion } }, async (request) => {
      const { id } = request.params;
      const version = Number(request.params.version);
      const row = await findPlan(database, id, version);
      if (row === null) throw planUnknown(id, version);
      return planJson(row);
    });
  };
}

function planJson(row: StoredPlan) {
  const document: unknown = JSON.parse(row.document);
  return { ...row, document, created_at: formatInstant(row.created_at) };
}
