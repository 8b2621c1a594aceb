/** Exact decimals over BigInt. Value = coefficient / 10^scale; scale ≥ 0. No float ever enters. */

import { SubmeterError } from "../errors/submeter-error.ts";

export type Decimal = { readonly coefficient: bigint; readonly scale: number };

/** Enough for any quantity, price or amount, and a bound on what a hostile text can cost. */
const digitsMax = 60;
const grammar = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;
/** What most quantities are: so many digits a double holds exactly, and makes of them a BigInt much sooner than a text does. */
const smallWhole = /^[1-9][0-9]{0,14}$/;

export const zero: Decimal = { coefficient: 0n, scale: 0 };

/** Parses `-?(0|[1-9]digits)(.digits)?`; null for anything else, more than 60 digits included. */
export function tryDecimal(text: string): Decimal | null {
  if (smallWhole.test(text)) return { coefficient: BigInt(Number(text)), scale: 0 };
  if (text.length > digitsMax + 2) return null;
  const match = grammar.exec(text);
  if (match === null) return null;
  const fraction = match[3] ?? "";
  return {
    coefficient: BigInt(`${match[1]}${match[2]}${fraction}`),
    scale: fraction.length,
  };
}

/** As {@link tryDecimal}; throws `decimal_malformed`. */
export function decimal(text: string): Decimal {
  const parsed = tryDecimal(text);
  if (parsed === null) {
    throw new SubmeterError(
      "decimal_malformed",
      `${JSON.stringify(text)} is no decimal number`,
      'write it as a string of digits such as "12" or "0.0003", without sign +, exponent or spaces',
    );
  }
  return parsed;
}

export function fromInteger(value: bigint): Decimal {
  return { coefficient: value, scale: 0 };
}

/** Canonical text: no trailing zeros, no exponent, never `-0`. */
export function format(value: Decimal): string {
  // Nearly all quantities are whole, and each that is remembered or counted is written.
  if (value.scale === 0) return value.coefficient.toString();
  return formatFixed(normalize(value), undefined);
}

/** Text with exactly `places` decimals; the value must fit (see `numbers/fraction.ts` to round). */
export function formatFixed(value: Decimal, places: number | undefined): string {
  const shown = places === undefined ? value : rescale(value, places);
  const negative = shown.coefficient < 0n;
  const digits = (negative ? -shown.coefficient : shown.coefficient)
    .toString()
    .padStart(shown.scale + 1, "0");
  const whole = digits.slice(0, digits.length - shown.scale);
  const fraction = digits.slice(digits.length - shown.scale);
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** The same value with the fewest decimals. */
export function normalize(value: Decimal): Decimal {
  if (value.scale === 0) return value;
  let { coefficient, scale } = value;
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale -= 1;
  }
  return { coefficient, scale };
}

/** The same value with `scale` decimals; asserts that none is lost. */
export function rescale(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) {
    return { coefficient: value.coefficient * 10n ** BigInt(scale - value.scale), scale };
  }
  const factor = 10n ** BigInt(value.scale - scale);
  if (value.coefficient % factor !== 0n) {
    throw new RangeError(`${format(value)} does not fit ${scale} decimals`);
  }
  return { coefficient: value.coefficient / factor, scale };
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (a.scale === b.scale) return { coefficient: a.coefficient + b.coefficient, scale: a.scale };
  const scale = Math.max(a.scale, b.scale);
  return { coefficient: aligned(a, scale) + aligned(b, scale), scale };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, negate(b));
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { coefficient: a.coefficient * b.coefficient, scale: a.scale + b.scale };
}

export function negate(value: Decimal): Decimal {
  return { coefficient: -value.coefficient, scale: value.scale };
}

export function absolute(value: Decimal): Decimal {
  return value.coefficient < 0n ? negate(value) : value;
}

/** −1, 0 or 1. */
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const scale = Math.max(a.scale, b.scale);
  const difference = aligned(a, scale) - aligned(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function equals(a: Decimal, b: Decimal): boolean {
  return compare(a, b) === 0;
}

export function isZero(value: Decimal): boolean {
  return value.coefficient === 0n;
}

export function isNegative(value: Decimal): boolean {
  return value.coefficient < 0n;
}

export function greater(a: Decimal, b: Decimal): Decimal {
  return compare(a, b) >= 0 ? a : b;
}

export function lesser(a: Decimal, b: Decimal): Decimal {
  return compare(a, b) <= 0 ? a : b;
}

export function sum(values: Iterable<Decimal>): Decimal {
  let total = zero;
  for (const value of values) total = add(total, value);
  return total;
}

function aligned(value: Decimal, scale: number): bigint {
  return value.scale === scale
    ? value.coefficient
    : value.coefficient * 10n ** BigInt(scale - value.scale);
}
