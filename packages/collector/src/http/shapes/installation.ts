/** Installations, their keys, assignments and journals. */

import Type from "typebox";
import {
  countShape,
  documentShape,
  instantOrNullShape,
  instantShape,
  oneOf,
  orNull,
  reasonText,
  shape,
  textOrNullShape,
  textShape,
} from "./shape.ts";

export const retireBody = shape({
  at: orNull(
    Type.String({
      minLength: 10,
      maxLength: 40,
      description: "From when on nothing is expected; null takes a retirement back",
    }),
  ),
  reason: reasonText,
});

export const keyStateShape = oneOf("active", "verify-only", "compromised", "removed");

export const keyShape = shape({
  number: textShape,
  state: keyStateShape,
  compromised_from: instantOrNullShape,
  created_at: instantShape,
  state_changed_at: instantShape,
});

export const installationShape = shape({
  id: textShape,
  customer: textOrNullShape,
  enrolled_at: instantShape,
  retired_at: instantOrNullShape,
  retired_reason: textOrNullShape,
  suspended: orNull(shape({ from: instantShape, reason: textShape, by: textShape })),
  subject_routing: Type.Boolean(),
  created_at: instantShape,
  keys: Type.Array(keyShape),
  assignments: Type.Array(
    shape({
      subject: textShape,
      customer: textShape,
      from: instantShape,
      to: instantOrNullShape,
    }),
  ),
  journals: countShape,
});

const environmentShape = shape({
  TELEMETRY_ENDPOINT: textShape,
  TELEMETRY_HMAC_KEY: Type.String({
    description: "Shown this once",
    "x-shown-once": true,
  }),
  TELEMETRY_INTERVAL_SECONDS: textShape,
});

const issuedMembers = {
  key: shape({ number: textShape, state: keyStateShape }),
  environment: environmentShape,
};
export const issuedKeyShape = shape(issuedMembers);
export const enrolledShape = shape({ installation: installationShape, ...issuedMembers });

export const journalShape = shape({
  journal: textShape,
  through: countShape,
  highest: countShape,
  covered_through: instantOrNullShape,
  first_covered_at: instantOrNullShape,
  first_recorded_at: instantShape,
  last_recorded_at: instantShape,
  replaces: orNull(documentShape<object>("The journal that this one replaces, and why")),
  public_key: textOrNullShape,
  final_at: instantOrNullShape,
  retired_at: instantOrNullShape,
  retired_reason: textOrNullShape,
  agent_version: textOrNullShape,
  holes: Type.Array(
    Type.Unsafe<number | readonly number[]>({
      description: "Sequences that are missing below a stored one: one, or first and last",
      anyOf: [{ type: "integer" }, { type: "array", items: { type: "integer" } }],
    }),
  ),
  expected: Type.Boolean(),
  outcomes: Type.Unsafe<Readonly<Record<string, number>>>({
    type: "object",
    additionalProperties: { type: "integer" },
  }),
});
