/** Who may call an operation: the least role of an operator, and what a customer's token must be permitted. */

import type { Permission } from "../../store/permissions.ts";
import type { OperatorRole } from "../../store/operator-tokens.ts";

export type Access = {
  /** Each role may do what the roles before it may: read-only, billing, owner. */
  readonly operator: OperatorRole;
  /** One of them is enough. Empty: no customer's token may call. */
  readonly customer: readonly Permission[];
};

/** The vendor's people of this role and above; no customer. */
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
