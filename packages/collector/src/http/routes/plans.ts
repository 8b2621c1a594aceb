/** `/api/v1/plans`: what things cost, each version for good. */

import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { offerPlan } from "../../billing/offer-plan.ts";
import { addPlan } from "../../billing/plans.ts";
import { planUnknown } from "../../billing/unknown.ts";
import {
  findPlan,
  listPlans,
  offeredAmong,
  planVersions,
  type StoredPlan,
} from "../../store/plans.ts";
import { customersToo, operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { refusingFaults } from "../faults-problem.ts";
import { customerAsked, isOperator } from "../callers.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  digestShape,
  documentShape,
  instantShape,
  naming,
  pageShape,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const planMembers = {
  id: textShape,
  version: Type.Integer({ minimum: 1 }),
  document: documentShape<object>("The plan; docs/schemas/plan.json describes it"),
  digest: digestShape,
  offered: Type.Boolean({ description: "Every customer may see it" }),
  created_at: instantShape,
  created_by: textOrNullShape,
};
const readers = customersToo("read-only", "billing:read", "contracts:read", "purchase");
const planShape = shape(planMembers);
const byVersion = shape({
  id: naming("plan"),
  version: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }),
});

export function planRoutes(context: BillingContext): ApiRoutes {
  const { database } = context;
  const shownAll = async (request: FastifyRequest, rows: readonly StoredPlan[]) => {
    const offered = await offeredAmong(
      database,
      rows.map(({ id }) => id),
    );
    const inside = isOperator(request);
    return rows.map((row) => planJson(row, { inside, offered: offered.has(row.id) }));
  };
  const shown = async (request: FastifyRequest, row: StoredPlan) => {
    const [plan] = await shownAll(request, [row]);
    if (plan === undefined) throw new RangeError("one row is shown as one plan");
    return plan;
  };
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
        return shown(request, plan);
      },
    );

    api.get(
      "/plans",
      {
        summary: "List plans, each in its newest version",
        tag: "plans",
        access: readers,
        query: shape(pageQuery),
        answer: pageShape(planShape),
      },
      async (request) => {
        const limit = pageLimit(request.query);
        const after = cursorKey(request.query, "text")?.[0] ?? "";
        const customer = customerAsked(request);
        const rows = await listPlans(database, { after, limit: limit + 1, customer });
        const page = pageOf(rows, limit, ({ id }) => [id]);
        return { items: await shownAll(request, page.items), next: page.next };
      },
    );

    api.get(
      "/plans/:id",
      {
        summary: "Show a plan in its newest version",
        tag: "plans",
        access: readers,
        params: shape({ id: naming("plan") }),
        answer: shape({ ...planMembers, versions: Type.Array(Type.Integer()) }),
      },
      async (request) => {
        const { id } = request.params;
        const versions = await planVersions(database, id, customerAsked(request));
        const newest = versions.at(-1);
        if (newest === undefined) throw planUnknown(id);
        return {
          ...(await shown(request, newest)),
          versions: versions.map(({ version }) => version),
        };
      },
    );

    api.get(
      "/plans/:id/:version",
      {
        summary: "Show one version of a plan",
        tag: "plans",
        access: readers,
        params: byVersion,
        answer: planShape,
      },
      async (request) => {
        const { id } = request.params;
        const version = Number(request.params.version);
        const row = await findPlan(database, id, version, customerAsked(request));
        if (row === null) throw planUnknown(id, version);
        return shown(request, row);
      },
    );

    api.post(
      "/plans/:id/offer",
      {
        summary: "Offer a plan to every customer's eyes, or withdraw it",
        tag: "plans",
        access: operators("billing"),
        params: shape({ id: naming("plan") }),
        body: shape({ offered: Type.Boolean() }),
        answer: planShape,
      },
      async (request) => {
        const { id } = request.params;
        await offerPlan(context, operatorOf(request), { id, offered: request.body.offered });
        const newest = (await planVersions(database, id)).at(-1);
        if (newest === undefined) throw planUnknown(id);
        return shown(request, newest);
      },
    );
  };
}

function planJson(row: StoredPlan, { inside, offered }: { inside: boolean; offered: boolean }) {
  const document = JSON.parse(row.document) as object;
  return {
    ...row,
    document,
    offered,
    created_at: formatInstant(row.created_at),
    created_by: inside ? row.created_by : null,
  };
}
