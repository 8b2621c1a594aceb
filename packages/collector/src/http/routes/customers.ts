/** `/api/v1/customers`. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import { addCustomer } from "../../fleet/customers.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { customerUnknown } from "../../fleet/unknown.ts";
import { type CustomerRow, findCustomer, listCustomers } from "../../store/customers.ts";
import { customersToo, operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { customerAsked } from "../callers.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  instantShape,
  naming,
  newLabel,
  pageShape,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const customerShape = shape({
  id: textShape,
  name: textShape,
  email: textOrNullShape,
  stripe_customer_id: textOrNullShape,
  created_at: instantShape,
});
const addBody = shape({
  id: newLabel("customer"),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  email: Type.Optional(
    Type.String({ minLength: 3, maxLength: 320, pattern: "^[^@\\s]+@[^@\\s]+$" }),
  ),
});

export function customerRoutes(context: FleetContext): ApiRoutes {
  return (api) => {
    api.post(
      "/customers",
      {
        summary: "Add a customer",
        tag: "customers",
        access: operators("billing"),
        body: addBody,
        answer: customerShape,
        status: 201,
      },
      async (request) => {
        const { id, name, email = null } = request.body;
        return customerJson(await addCustomer(context, operatorOf(request), { id, name, email }));
      },
    );

    api.get(
      "/customers",
      {
        summary: "List customers",
        tag: "customers",
        access: operators("read-only"),
        query: shape(pageQuery),
        answer: pageShape(customerShape),
      },
      async (request) => {
        const limit = pageLimit(request.query);
        const after = cursorKey(request.query, "text")?.[0] ?? "";
        const rows = await listCustomers(context.database, { after, limit: limit + 1 });
        const page = pageOf(rows, limit, ({ id }) => [id]);
        return { items: page.items.map(customerJson), next: page.next };
      },
    );

    api.get(
      "/customers/:id",
      {
        summary: "Show a customer",
        tag: "customers",
        access: customersToo("read-only", "billing:read", "members:manage"),
        params: shape({ id: naming("customer") }),
        answer: customerShape,
      },
      async (request) => {
        customerAsked(request, request.params.id);
        const row = await findCustomer(context.database, request.params.id);
        if (row === null) throw customerUnknown(request.params.id);
        return customerJson(row);
      },
    );
  };
}

function customerJson(row: CustomerRow) {
  return { ...row, created_at: formatInstant(row.created_at) };
}
