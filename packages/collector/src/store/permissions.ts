/** What a customer's role may hold. Which role holds what is data; these words are what operations ask for. */

export const permissions = [
  "usage:read",
  "usage:read:own",
  "billing:read",
  "contracts:read",
  "members:manage",
  "purchase",
  "configure",
] as const;

export type Permission = (typeof permissions)[number];

/** Who sees all usage sees his own. */
export function permits(held: readonly Permission[], wanted: Permission): boolean {
  return held.includes(wanted) || (wanted === "usage:read:own" && held.includes("usage:read"));
}
