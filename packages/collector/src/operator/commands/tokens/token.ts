/** Tokens as the API shows them, and as an operator reads them. Their secrets are in none of it. */

import { apiPath } from "../../api-client.ts";
import { nothing, type Page, plural } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { apiInstant, cellInstant } from "../../text/time-text.ts";

export type Token = {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly customer?: string;
  readonly member?: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
};

/** Operators' tokens, or those of one customer's people. */
export function tokensPath(customer: string | undefined, ...parts: string[]): string {
  return customer === undefined
    ? apiPath("tokens", ...parts)
    : apiPath("customers", customer, "tokens", ...parts);
}

export function tokensText(page: Page, tokens: readonly Token[]): string {
  if (tokens.length === 0) {
    return nothing(page, "There are no such tokens.", "submeter tokens add NAME --role ROLE");
  }
  const people = tokens.some(({ member }) => (member ?? null) !== null);
  const columns = [
    { head: "token" },
    { head: "name", shrinks: true as const },
    { head: "role" },
    ...(people ? [{ head: "member", shrinks: true as const }] : []),
    { head: "state" },
    { head: "since (UTC)" },
  ];
  const rows = tokens.map((token) => [
    page.paint.strong(token.id),
    token.name,
    token.role,
    ...(people ? [token.member ?? ""] : []),
    stateText(page, token),
    cellInstant(token.created_at),
  ]);
  return `${table(page, columns, rows)}\n\n${plural(tokens.length, "token")}`;
}

function stateText(page: Page, { revoked_at: revoked, expires_at: expires }: Token): string {
  if (revoked !== null) return page.paint.faint(`revoked ${cellInstant(revoked)}`);
  if (expires === null) return "valid";
  const over = (apiInstant(expires) ?? 0) <= page.now;
  return over
    ? page.paint.faint(`expired ${cellInstant(expires)}`)
    : `valid until ${cellInstant(expires)}`;
}
