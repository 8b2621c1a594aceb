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
    { head: "permits" },
    { head: "its own by" },
  ];
  const rows = roles.flatMap((role) => {
    const [first = "nothing", ...rest] = inLines(role.permissions);
    const own = role.permissions.includes("usage:read:own") ? role.own_dimension : "";
    return [
      [page.paint.strong(role.name), role.customer ?? "every", first, own],
      ...rest.map((line) => ["", "", line, ""]),
    ];
  });
  return `${table(page, columns, rows)}\n\n${plural(roles.length, "role")}`;
}

const lineColumns = 44;

/** What a role permits is never cut short: it goes on in the next line. */
function inLines(permissions: readonly string[]): string[] {
  const lines: string[] = [];
  for (const permission of permissions) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + permission.length > lineColumns) {
      lines.push(permission);
    } else {
      lines[lines.length - 1] = `${last} ${permission}`;
    }
  }
  return lines;
}
