/** `/api/v1/roles`: what the roles of customers' people permit, for every customer and for single ones. */

import Type from "typebox";
import { namePattern } from "@submeter/shared/wire/names";
import { removeRole, setRole } from "../../fleet/customer-access.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { permissions } from "../../store/permissions.ts";
import { type CustomerRole, listRoles } from "../../store/customer-roles.ts";
import { customersToo, operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { customerAsked } from "../callers.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import { naming, oneOf, orNull, pageShape, shape, textShape } from "../shapes/shape.ts";

const permission = oneOf(...permissions);
const roleShape = shape({
  name: textShape,
  customer: orNull(
    Type.String({ description: "Null: the vendor's, for customers without one of this name" }),
  ),
  permissions: Type.Array(permission),
  own_dimension: textShape,
});
const byRole = shape({
  role: Type.String({ pattern: "^[a-z][a-z0-9_-]{0,62}$", "x-names": "role" }),
});
const ofCustomer = { customer: Type.Optional(naming("customer")) };

export function roleRoutes(context: FleetContext): ApiRoutes {
  const { database } = context;
  return (api) => {
    api.get(
      "/roles",
      {
        summary: "List roles of customers' people, with what they permit",
        tag: "access",
        access: customersToo("read-only", "members:manage"),
        query: shape({ ...pageQuery, ...ofCustomer }),
        answer: pageShape(roleShape),
      },
      async (request) => {
        const limit = pageLimit(request.query);
        const [customer, name] = cursorKey(request.query, "text", "text") ?? ["", ""];
        const asked = customerAsked(request, request.query.customer);
        const page = { after: [customer, name] as const, limit: limit + 1 };
        const rows = await listRoles(database, asked, page);
        const found = pageOf(rows, limit, (row) => [row.customer_id, row.name]);
        return { items: found.items.map(roleJson), next: found.next };
      },
    );

    api.put(
      "/roles/:role",
      {
        summary: "Say what a role permits, from now on",
        description: "Rules at once for tokens that are out too. `own_dimension` names the member.",
        tag: "access",
        access: operators("owner"),
        params: byRole,
        body: shape({
          ...ofCustomer,
          permissions: Type.Array(permission, { maxItems: 20, uniqueItems: true }),
          own_dimension: Type.Optional(Type.String({ pattern: namePattern })),
        }),
        answer: roleShape,
      },
      async (request) => {
        const { customer = "", own_dimension = "member" } = request.body;
        const role = {
          customer_id: customer,
          name: request.params.role,
          permissions: [...request.body.permissions],
          own_dimension,
        };
        return roleJson(await setRole(context, operatorOf(request), role));
      },
    );

    api.delete(
      "/roles/:role",
      {
        summary: "Remove a role; a customer's falls back to the vendor's",
        tag: "access",
        access: operators("owner"),
        params: byRole,
        query: shape(ofCustomer),
        answer: roleShape,
      },
      async (request) => {
        const { customer = "" } = request.query;
        const order = { customer, name: request.params.role };
        return roleJson(await removeRole(context, operatorOf(request), order));
      },
    );
  };
}

function roleJson({ customer_id: customer, ...row }: CustomerRole) {
  return { ...row, customer: customer === "" ? null : customer };
}
