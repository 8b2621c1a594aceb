/** Who may call an operation: the least role of an operator, and what a customer's token must be permitted. */

import type { OperatorRole } from "../../store/operator-tokens.ts";

/** What a customer's role may hold; roles themselves are data. */
export const permissions = [
  "usage:read",
  /** Only what one member used himself: the lines with his name in the role's dimension. */
  "usage:read:own",
  "billing:read",
  "contracts:read",
  "members:manage",
  "purchase",
  "configure",
] as const;

export type Permission = (typeof permissions)[number];

export type Access = {
  /** Each role may do what the roles before it may: read-only, billing, owner. */
  readonly operator: OperatorRole;
  /** One of them is enough. Empty: no customer's token may call. */
  readonly customer: readonly Permission[];
};

/** Vendor's people of this role and above; no customer. */
export function operators(role: OperatorRole): Access {
  return { operator: role, customer: [] };
}

/** Operators of this role and above, and customers' tokens with one of the permissions, about themselves. */
export function customersToo(role: OperatorRole, ...permitted: Permission[]): Access {
  return { operator: role, customer: permitted };
}

const ranks: Record<OperatorRole, number> = { "read-only": 0, billing: 1, owner: 2 };

export function roleSuffices(role: OperatorRole, wanted: OperatorRole): boolean {
  return ranks[role] >= ranks[wanted];
}
