/** Numbers as programs print them, floats included, brought to exact decimals. */

import { type Decimal, normalize } from "@submeter/shared/numbers/decimal";

const grammar = /^([+-]?)(\d{1,40})?(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,2}))?$/;
/** A double holds so many decimal digits for sure; what it prints beyond them is noise of its sums. */
const sureDigits = 15;

/** Exactly what is written, exponents included; null when it is no finite number. */
export function readNumber(text: string): Decimal | null {
  const match = grammar.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return null;
  const coefficient = (sign === "-" ? -1n : 1n) * BigInt(`${whole}${fraction}`);
  const scale = fraction.length - Number(exponent);
  return scale >= 0
    ? { coefficient, scale }
    : { coefficient: coefficient * 10n ** BigInt(-scale), scale: 0 };
}

/** What a double means: its first 15 digits. Null for NaN and the infinities. */
export function decimalOfDouble(value: number): Decimal | null {
  return Number.isSafeInteger(value)
    ? { coefficient: BigInt(value), scale: 0 }
    : readNumber(value.toPrecision(sureDigits));
}

/** As {@link readNumber} of a text that may be a printed double. */
export function readPrintedDouble(text: string): Decimal | null {
  const exact = readNumber(text);
  if (exact === null) return null;
  const { coefficient, scale } = normalize(exact);
  const digits = coefficient.toString().replace("-", "").length;
  return scale === 0 || digits <= sureDigits
    ? { coefficient, scale }
    : decimalOfDouble(Number(text));
}

/** Toward minus infinity. Of a counter that is read again and again no unit gets lost: the rest is in the next reading. */
export function floorToScale(value: Decimal, scale: number): Decimal {
  if (value.scale <= scale) return value;
  const factor = 10n ** BigInt(value.scale - scale);
  const quotient = value.coefficient / factor;
  const isInexact = quotient * factor !== value.coefficient && value.coefficient < 0n;
  return { coefficient: isInexact ? quotient - 1n : quotient, scale };
}
