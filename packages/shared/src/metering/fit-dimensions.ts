/** Brings what the product sends as labels to what its meter declares: only declared values ever leave. */

import { base64Url } from "../wire/base64.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { mac } from "../wire/mac.ts";
import type { Dimension, Meter } from "./meter-file.ts";

/** What does not fit is counted under it, so that no usage is lost to a new model's name. */
export const otherValue = "other";
/** Beyond a dimension's `cardinality_max`: kept by the counting side, which knows the values it has seen. */
export const overflowValue = "overflow";

export type FitRefusalCode =
  | "dimension_undeclared"
  | "dimension_missing"
  | "dimension_malformed"
  | "dimension_personal";

export type Fit =
  | { kind: "fits"; dimensions: Dimensions }
  | { kind: "refused"; code: FitRefusalCode; detail: string; hint: string };

const pseudonymLength = 22;

/**
 * `given` is what came as `dimensions`. Undeclared names are refused, since a misspelt one would bill wrongly; an
 * undeclared value becomes `other`, except that one with `@`, which may be a person's address, is refused.
 * `pseudonymSecret` is the installation's, for meters with a pseudonymous dimension.
 */
export function fitDimensions(
  meter: Meter,
  given: Readonly<Record<string, unknown>>,
  pseudonymSecret?: Uint8Array,
): Fit {
  const declared = new Set(meter.dimensions.map((dimension) => dimension.name));
  const stray = Object.keys(given).find((name) => !declared.has(name));
  if (stray !== undefined) {
    const names = [...declared].join(", ") || "none";
    return {
      kind: "refused",
      code: "dimension_undeclared",
      detail: `meter ${meter.name} declares no dimension ${JSON.stringify(stray.slice(0, 64))}`,
      hint: `send only declared dimensions (${names}), or declare it in the meter file`,
    };
  }
  const dimensions: Record<string, string> = {};
  for (const dimension of meter.dimensions) {
    const fit = fitValue(meter, dimension, ownValue(given, dimension.name), pseudonymSecret);
    if (typeof fit !== "string") return fit;
    dimensions[dimension.name] = fit;
  }
  return { kind: "fits", dimensions };
}

/** 22 characters of base64url, 132 bits of HMAC-SHA-256: the same for the same value, and no way back without the secret. */
export function pseudonym(value: string, secret: Uint8Array): string {
  return base64Url(mac(secret, new TextEncoder().encode(value))).slice(0, pseudonymLength);
}

function fitValue(
  meter: Meter,
  dimension: Dimension,
  value: unknown,
  secret: Uint8Array | undefined,
): string | Fit {
  if (value === undefined) {
    return dimension.default === null ? missing(meter, dimension) : dimension.default;
  }
  if (typeof value !== "string") return malformed(dimension);
  if (dimension.pseudonymous) {
    if (secret === undefined) throw new RangeError("a pseudonymous dimension needs the secret");
    return dimension.admits(value) ? pseudonym(value, secret) : otherValue;
  }
  if (dimension.admits(value)) return value;
  return value.includes("@") ? personal(dimension) : otherValue;
}

function ownValue(given: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

function missing(meter: Meter, dimension: Dimension): Fit {
  return {
    kind: "refused",
    code: "dimension_missing",
    detail: `meter ${meter.name} needs the dimension ${dimension.name}`,
    hint: "send it with the event, or declare a default for it in the meter file",
  };
}

function malformed(dimension: Dimension): Fit {
  return {
    kind: "refused",
    code: "dimension_malformed",
    detail: `the value of ${dimension.name} is no text`,
    hint: "send every dimension's value as a JSON string",
  };
}

function personal(dimension: Dimension): Fit {
  return {
    kind: "refused",
    code: "dimension_personal",
    detail: `the value of ${dimension.name} has an @ and may be a person's address`,
    hint: "send an identifier instead, or declare the dimension pseudonymous in the meter file",
  };
}
