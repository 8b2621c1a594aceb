/** `/api/v1/tokens` and `/api/v1/customers/:customer/tokens`: who may ask, as what, until when. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import { issueCustomerToken, revokeCustomers } from "../../fleet/customer-access.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { issueOperatorToken, revokeOperator } from "../../fleet/operator-access.ts";
import { customerUnknown } from "../../fleet/unknown.ts";
import { type CustomerToken, listCustomerTokens } from "../../store/customer-tokens.ts";
import { findCustomer } from "../../store/customers.ts";
import { listOperatorTokens, type OperatorToken } from "../../store/operator-tokens.ts";
import { customersToo, operators } from "../api/access.ts";
import type { Api, ApiRoutes } from "../api/operation.ts";
import { actorOf, callerOf, customerAsked } from "../callers.ts";
import { instantOf, textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  instantOrNullShape,
  instantShape,
  naming,
  oneOf,
  pageShape,
  reasonText,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const operatorRole = oneOf("owner", "billing", "read-only");
const tokenName = Type.String({ minLength: 1, maxLength: 100, pattern: "^[^\\s/][^/\\n]*$" });
const expires = Type.Optional(
  Type.String({ minLength: 10, maxLength: 40, description: "absent: never" }),
);
const secret = Type.String({ description: "Shown this once", "x-shown-once": true });
const operatorMembers = {
  id: textShape,
  name: textShape,
  role: operatorRole,
  created_at: instantShape,
  expires_at: instantOrNullShape,
  revoked_at: instantOrNullShape,
};
const customerMembers = {
  ...operatorMembers,
  role: textShape,
  customer: textShape,
  member: textOrNullShape,
  created_by: textShape,
};
const byCustomer = shape({ customer: naming("customer") });

export function tokenRoutes(context: FleetContext): ApiRoutes {
  return (api) => {
    operatorTokens(api, context);
    customerTokens(api, context);
  };
}

function operatorTokens(api: Api, context: FleetContext): void {
  const owners = { tag: "access", access: operators("owner") } as const;
  api.get(
    "/tokens",
    {
      ...owners,
      summary: "List operators' tokens, without their secrets",
      query: shape(pageQuery),
      answer: pageShape(shape(operatorMembers)),
    },
    async (request) => {
      const limit = pageLimit(request.query);
      const after = cursorKey(request.query, "text")?.[0] ?? "";
      const rows = await listOperatorTokens(context.database, { after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ id }) => [id]);
      return { items: page.items.map(operatorJson), next: page.next };
    },
  );

  api.post(
    "/tokens",
    {
      ...owners,
      summary: "Make an operator's token, shown this once",
      body: shape({ name: tokenName, role: operatorRole, expires }),
      answer: shape({ ...operatorMembers, token: secret }),
      status: 201,
    },
    async (request) => {
      const { name, role } = request.body;
      const expiresAt = expiryOf(request.body.expires);
      const order = { name, role, expiresAt };
      const issued = await issueOperatorToken(context, operatorOf(request), order);
      return { ...operatorJson(issued.row), token: issued.token };
    },
  );

  api.post(
    "/tokens/:token/revoke",
    {
      ...owners,
      summary: "Revoke an operator's token, at once",
      params: shape({ token: naming("token") }),
      body: shape({ reason: reasonText }),
      answer: shape(operatorMembers),
    },
    async (request) => {
      const order = { id: request.params.token, reason: request.body.reason };
      return operatorJson(await revokeOperator(context, operatorOf(request), order));
    },
  );
}

function customerTokens(api: Api, context: FleetContext): void {
  const { database } = context;
  const managers = { tag: "access", access: customersToo("billing", "members:manage") } as const;
  api.get(
    "/customers/:customer/tokens",
    {
      tag: "access",
      access: customersToo("read-only", "members:manage"),
      summary: "List a customer's tokens, without their secrets",
      params: byCustomer,
      query: shape(pageQuery),
      answer: pageShape(shape(customerMembers)),
    },
    async (request) => {
      const { customer } = request.params;
      customerAsked(request, customer);
      if ((await findCustomer(database, customer)) === null) throw customerUnknown(customer);
      const limit = pageLimit(request.query);
      const after = cursorKey(request.query, "text")?.[0] ?? "";
      const rows = await listCustomerTokens(database, customer, { after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ id }) => [id]);
      return { items: page.items.map(customerJson), next: page.next };
    },
  );

  api.post(
    "/customers/:customer/tokens",
    {
      ...managers,
      summary: "Make a token for somebody of a customer, shown this once",
      description:
        "A customer's own token passes on no more than it may do itself. `member` is who it is as the usage names him.",
      params: byCustomer,
      body: shape({
        name: tokenName,
        role: naming("role"),
        member: Type.Optional(naming("member")),
        expires,
      }),
      answer: shape({ ...customerMembers, token: secret }),
      status: 201,
    },
    async (request) => {
      const { customer } = request.params;
      customerAsked(request, customer);
      const caller = callerOf(request);
      const { name, role, member = null } = request.body;
      const issued = await issueCustomerToken(context, actorOf(request), {
        customer,
        name,
        role,
        member,
        expiresAt: expiryOf(request.body.expires),
        grantable: caller.kind === "operator" ? null : caller,
      });
      return { ...customerJson(issued.row), token: issued.token };
    },
  );

  api.post(
    "/customers/:customer/tokens/:token/revoke",
    {
      ...managers,
      summary: "Revoke a customer's token, at once",
      params: shape({ customer: naming("customer"), token: naming("token") }),
      body: shape({ reason: reasonText }),
      answer: shape(customerMembers),
    },
    async (request) => {
      const { customer, token: id } = request.params;
      customerAsked(request, customer);
      const order = { customer, id, reason: request.body.reason };
      return customerJson(await revokeCustomers(context, actorOf(request), order));
    },
  );
}

function expiryOf(text: string | undefined): number | null {
  return text === undefined ? null : instantOf(text, "expires");
}

function operatorJson(row: OperatorToken) {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    created_at: formatInstant(row.created_at),
    expires_at: textOrNull(row.expires_at),
    revoked_at: textOrNull(row.revoked_at),
  };
}

function customerJson(row: CustomerToken) {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    customer: row.customer_id,
    member: row.member,
    created_at: formatInstant(row.created_at),
    created_by: row.created_by,
    expires_at: textOrNull(row.expires_at),
    revoked_at: textOrNull(row.revoked_at),
  };
}
