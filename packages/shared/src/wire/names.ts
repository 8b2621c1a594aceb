/** The grammars of everything that has a name on the wire, as pattern sources and as predicates. */

/** Lower case, digits and hyphens: installations, key numbers, collectors. */
export const labelPattern = "^[a-z0-9-]{1,63}$";
/** Meters, dimensions and sources. */
export const namePattern = "^[a-z][a-z0-9_.]{0,63}$";
/** Printable ASCII without `@` and without a space at either end: no address of a person passes. */
export const dimensionValuePattern = "^[!-?A-~](?:[ -?A-~]{0,126}[!-?A-~])?$";
export const unitPattern = "^[A-Za-z%][A-Za-z0-9%._/-]{0,63}$";
export const quantityPattern = "^(?:0|[1-9][0-9]{0,17})(?:\\.[0-9]{0,11}[1-9])?$";
/** RFC 9562 in lower case, any version. */
export const uuidPattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
export const digestPattern = "^[0-9a-f]{64}$";

/** A sequence fits a 32-bit integer: at the shortest interval it lasts for 680 years. */
export const sequenceMax = 2_147_483_647;
export const decimalsMax = 12;
export const dimensionsMax = 16;

const label = new RegExp(labelPattern);
const name = new RegExp(namePattern);
const dimensionValue = new RegExp(dimensionValuePattern);
const quantity = new RegExp(quantityPattern);
const uuid = new RegExp(uuidPattern);
const digest = new RegExp(digestPattern);

export function isInstallationName(value: unknown): value is string {
  return typeof value === "string" && label.test(value);
}

/** A meter, a dimension or a source. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && name.test(value);
}

export function isDimensionValue(value: unknown): value is string {
  return typeof value === "string" && dimensionValue.test(value);
}

/** Decimal text of at most 18 digits before and 12 after the point; no sign, exponent or trailing zeros. */
export function isQuantity(value: unknown): value is string {
  return typeof value === "string" && quantity.test(value);
}

export function isUuid(value: unknown): value is string {
  return typeof value === "string" && uuid.test(value);
}

export function isDigest(value: unknown): value is string {
  return typeof value === "string" && digest.test(value);
}

export function isSequence(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= sequenceMax;
}
