/** Roles of customers' people as the API shows them, and as an operator reads them. */

import { nothing, type Page, plural } from "../../text/page.ts";
import { table } from "../../text/table.ts";

export type Role = {
  readonly name: string;
  readonly customer: string | null;
  readonly permissions: readonly string[];
  readonly own_dimension: string;
};

export function rolesText(page: Page, roles: readonly Role[]): string {
  if (roles.length === 0) {
    return nothing(
      page,
      "There are no roles.",
      "submeter roles set viewer --permissions usage:read,billing:read",
    );
  }
  const columns = [
    { head: "role" },
    { head: "customer" },
    { head: "permits", shrinks: true as const },
    { head: "its own by" },
  ];
  const rows = roles.map((role) => [
    page.paint.strong(role.name),
    role.customer ?? "every",
    role.permissions.length === 0 ? "nothing" : role.permissions.join(" "),
    role.permissions.includes("usage:read:own") ? role.own_dimension : "",
  ]);
  return `${table(page, columns, rows)}\n\n${plural(roles.length, "role")}`;
}
