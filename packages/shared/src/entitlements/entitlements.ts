/** Entitlements on the wire: what a customer may still use, as the collector puts it into a state for the agent to answer from. */

import Type from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { tryInstant } from "../time/instant.ts";
import { instantMember, integer, journalMember, nullable, open, text } from "../wire/members.ts";
import { namePattern, sequenceMax, unitPattern } from "../wire/names.ts";

const amount = text(
  "^(0|[1-9][0-9]{0,29})(\\.[0-9]{0,11}[1-9])?$",
  "decimal text without sign, exponent and trailing zeros",
);

const LimitMember = open({
  at: amount,
  do: Type.Union([Type.Literal("throttle"), Type.Literal("stop")]),
  rate: nullable(text("^[0-9.]{1,32}/(s|min|h|day)$", "a rate such as 1/min")),
});

const termsMembers = {
  /** Null: nothing is included, or nothing ends. */
  quota: nullable(amount),
  warn_at: nullable(amount),
  limits: Type.Array(LimitMember, { maxItems: 20 }),
};

const MeterEntitlement = open({
  meter: text(namePattern, "a meter's name"),
  unit: text(unitPattern, "a unit"),
  combine: Type.Union([Type.Literal("add"), Type.Literal("greatest"), Type.Literal("none")]),
  per: Type.Union([Type.Literal("period"), Type.Literal("day"), Type.Literal("hour")]),
  from: instantMember,
  to: instantMember,
  used: amount,
  ...termsMembers,
  overage: Type.Union([Type.Literal("billed"), Type.Literal("off")]),
  excludes: Type.Array(Type.Record(Type.String(), Type.String()), { maxItems: 100 }),
  renews: nullable(open({ to: instantMember, ...termsMembers })),
});

const Feature = Type.Union([
  Type.String(),
  Type.Boolean(),
  Type.Integer(),
  Type.Array(Type.String()),
  Type.Null(),
]);

export const EntitlementsSchema = open({
  as_of: instantMember,
  journals: Type.Array(open({ journal: journalMember, through: integer(0, sequenceMax) })),
  period: nullable(open({ from: instantMember, to: instantMember })),
  suspended: nullable(
    open({
      since: instantMember,
      reason: Type.String({ maxLength: 200 }),
      fix_url: nullable(Type.String({ maxLength: 2000 })),
    }),
  ),
  trial_ends_at: nullable(instantMember),
  refresh_seconds: integer(60, 86_400),
  features: Type.Record(Type.String(), Feature),
  meters: Type.Array(MeterEntitlement, { maxItems: 500 }),
});

export type Entitlements = Static<typeof EntitlementsSchema>;
export type MeterEntitlement = Entitlements["meters"][number];
export type EntitlementTerms = Pick<MeterEntitlement, "quota" | "warn_at" | "limits">;
export type Feature = Static<typeof Feature>;

const validator = Compile(EntitlementsSchema);

/**
 * Of a state's member. Null when it is not there, or is written in a way that this version cannot read: such a state counts
 * all the same, because receipts, pins and the countdown must not depend on what may be used.
 */
export function readEntitlements(member: unknown): Entitlements | null {
  if (!validator.Check(member)) return null;
  const read = member as Entitlements;
  return instantsOf(read).every((one) => one === null || tryInstant(one) !== null) ? read : null;
}

/** The calendar, which a pattern cannot check. */
function instantsOf({ as_of, period, suspended, trial_ends_at, meters }: Entitlements) {
  return [
    as_of,
    period?.from ?? null,
    period?.to ?? null,
    suspended?.since ?? null,
    trial_ends_at,
    ...meters.flatMap(({ from, to, renews }) => [from, to, renews?.to ?? null]),
  ];
}
