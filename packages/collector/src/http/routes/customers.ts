/** `/api/v1/customers`. */

import Type from "typebox";
import { labelPattern } from "@submeter/shared/wire/names";
import { formatInstant } from "@submeter/shared/time/instant";
import { addCustomer } from "../../fleet/customers.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { customerUnknown } from "../../fleet/unknown.ts";
import { type CustomerRow, findCustomer, listCustomers } from "../../store/customers.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const label = Type.String({ pattern: labelPattern });
const addBody = Type.Object(
  {
    id: label,
    name: Type.String({ minLength: 1, maxLength: 200 }),
    email: Type.Optional(
      Type.String({ minLength: 3, maxLength: 320, pattern: "^[^@\\s]+@[^@\\s]+$" }),
    ),
  },
  { additionalProperties: false },
);
const byId = Type.Object({ id: Type.String() });
const listQuery = Type.Object(pageQuery, { additionalProperties: false });

export function customerRoutes(context: FleetContext): Routes {
  return (server) => {
    server.post("/customers", { schema: { body: addBody } }, async (request, reply) => {
      const { id, name, email = null } = request.body;
      const row = await addCustomer(context, operatorOf(request), { id, name, email });
      return reply.code(201).send(customerJson(row));
    });

    server.get("/customers", { schema: { querystring: listQuery } }, async (request) => {
      const limit = pageLimit(request.query);
      const after = String(cursorKey(request.query)?.[0] ?? "");
      const rows = await listCustomers(context.database, { after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ id }) => [id]);
      return { items: page.items.map(customerJson), next: page.next };
    });

    server.get("/customers/:id", { schema: { params: byId } }, async (request) => {
      const row = await findCustomer(context.database, request.params.id);
      if (row === null) throw customerUnknown(request.params.id);
      return customerJson(row);
    });
  };
}

function customerJson(row: CustomerRow) {
  return { ...row, created_at: formatInstant(row.created_at) };
}
