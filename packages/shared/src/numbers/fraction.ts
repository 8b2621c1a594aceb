/** Exact fractions, and the only places where a value is rounded. Denominator > 0. */

import type { Decimal } from "./decimal.ts";
import { decimal } from "./decimal.ts";

export type Fraction = { readonly numerator: bigint; readonly denominator: bigint };

export const one: Fraction = { numerator: 1n, denominator: 1n };
export const nothing: Fraction = { numerator: 0n, denominator: 1n };

export function fraction(numerator: bigint, denominator: bigint): Fraction {
  if (denominator === 0n) throw new RangeError("a fraction needs a denominator other than 0");
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(numerator, denominator);
  return {
    numerator: (sign * numerator) / divisor,
    denominator: (sign * denominator) / divisor,
  };
}

export function toFraction(value: Decimal): Fraction {
  return fraction(value.coefficient, 10n ** BigInt(value.scale));
}

/** The value of a decimal text; throws `decimal_malformed`. */
export function fractionOf(text: string): Fraction {
  return toFraction(decimal(text));
}

export function addFractions(a: Fraction, b: Fraction): Fraction {
  return fraction(
    a.numerator * b.denominator + b.numerator * a.denominator,
    a.denominator * b.denominator,
  );
}

export function multiplyFractions(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator);
}

export function divideFractions(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.denominator, a.denominator * b.numerator);
}

export function subtractFractions(a: Fraction, b: Fraction): Fraction {
  return addFractions(a, { numerator: -b.numerator, denominator: b.denominator });
}

export function sumFractions(values: Iterable<Fraction>): Fraction {
  let total = nothing;
  for (const value of values) total = addFractions(total, value);
  return total;
}

export function lesserFraction(a: Fraction, b: Fraction): Fraction {
  return compareFractions(a, b) <= 0 ? a : b;
}

export function greaterFraction(a: Fraction, b: Fraction): Fraction {
  return compareFractions(a, b) >= 0 ? a : b;
}

export function isPositive({ numerator }: Fraction): boolean {
  return numerator > 0n;
}

/** −1, 0 or 1. */
export function compareFractions(a: Fraction, b: Fraction): -1 | 0 | 1 {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Rounds to `scale` decimals, ties away from zero: how each line of an invoice is rounded, once. */
export function roundHalfAwayFromZero(value: Fraction, scale: number): Decimal {
  const scaled = value.numerator * 10n ** BigInt(scale);
  const negative = scaled < 0n;
  const magnitude = negative ? -scaled : scaled;
  const rounded = (2n * magnitude + value.denominator) / (2n * value.denominator);
  return { coefficient: negative ? -rounded : rounded, scale };
}

/** The greatest decimal with `scale` decimals that is not above the value. */
export function floorToScale(value: Fraction, scale: number): Decimal {
  const scaled = value.numerator * 10n ** BigInt(scale);
  const quotient = scaled / value.denominator;
  const exact = quotient * value.denominator === scaled;
  return { coefficient: scaled < 0n && !exact ? quotient - 1n : quotient, scale };
}

/** The least decimal with `scale` decimals that is not below the value. */
export function ceilingToScale(value: Fraction, scale: number): Decimal {
  const { numerator, denominator } = value;
  const floored = floorToScale({ numerator: -numerator, denominator }, scale);
  return { coefficient: -floored.coefficient, scale };
}

/** `numerator/denominator`, as statements print it. */
export function formatFraction(value: Fraction): string {
  return `${value.numerator}/${value.denominator}`;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}
