/** `/api/v1/plans`: what things cost, each version for good. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { addPlan } from "../../billing/plans.ts";
import { planUnknown } from "../../billing/unknown.ts";
import { findPlan, listPlans, planVersions, type StoredPlan } from "../../store/plans.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { refusingFaults } from "../faults-problem.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  digestShape,
  documentShape,
  instantShape,
  naming,
  pageShape,
  shape,
  textShape,
} from "../shapes/shape.ts";

const planMembers = {
  id: textShape,
  version: Type.Integer({ minimum: 1 }),
  document: documentShape<object>("The plan; docs/schemas/plan.json describes it"),
  digest: digestShape,
  created_at: instantShape,
  created_by: textShape,
};
const planShape = shape(planMembers);
const byVersion = shape({
  id: naming("plan"),
  version: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }),
});

export function planRoutes(context: BillingContext): ApiRoutes {
  const { database } = context;
  return (api) => {
    // The document's own schema answers with every fault at once, so the operation has none.
    api.post(
      "/plans",
      {
        summary: "Add a version of a plan, for good",
        description:
          "The body is the plan document; every fault of it is answered at once, with its path. The same version with the same content is answered with 200.",
        tag: "plans",
        access: operators("billing"),
        answer: planShape,
        status: [200, 201],
      },
      async (request, reply) => {
        const { plan, added } = await refusingFaults(
          addPlan(context, operatorOf(request), request.body),
        );
        void reply.code(added ? 201 : 200);
        return planJson(plan);
      },
    );

    api.get(
      "/plans",
      {
        summary: "List plans, each in its newest version",
        tag: "plans",
        access: operators("read-only"),
        query: shape(pageQuery),
        answer: pageShape(planShape),
      },
      async (request) => {
        const limit = pageLimit(request.query);
        const after = String(cursorKey(request.query)?.[0] ?? "");
        const rows = await listPlans(database, { after, limit: limit + 1 });
        const page = pageOf(rows, limit, ({ id }) => [id]);
        return { items: page.items.map(planJson), next: page.next };
      },
    );

    api.get(
      "/plans/:id",
      {
        summary: "Show a plan in its newest version",
        tag: "plans",
        access: operators("read-only"),
        params: shape({ id: naming("plan") }),
        answer: shape({ ...planMembers, versions: Type.Array(Type.Integer()) }),
      },
      async (request) => {
        const { id } = request.params;
        const versions = await planVersions(database, id);
        const newest = versions.at(-1);
        if (newest === undefined) throw planUnknown(id);
        return { ...planJson(newest), versions: versions.map(({ version }) => version) };
      },
    );

    api.get(
      "/plans/:id/:version",
      {
        summary: "Show one version of a plan",
        tag: "plans",
        access: operators("read-only"),
        params: byVersion,
        answer: planShape,
      },
      async (request) => {
        const { id } = request.params;
        const version = Number(request.params.version);
        const row = await findPlan(database, id, version);
        if (row === null) throw planUnknown(id, version);
        return planJson(row);
      },
    );
  };
}

function planJson(row: StoredPlan) {
  const document = JSON.parse(row.document) as object;
  return { ...row, document, created_at: formatInstant(row.created_at) };
}
