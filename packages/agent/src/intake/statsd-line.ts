/**
 * One line of StatsD, with DogStatsD's tags: `name:value[:value…]|type[|@rate][|#tag:value,…][|T<unix seconds>]`, and what
 * describes its sender and is not read: `|c:container`, `|e:external data`, `|card:cardinality`.
 */

import { type Decimal, isNegative, multiply, normalize } from "@submeter/shared/numbers/decimal";
import { readNumber } from "./printed-number.ts";

export type StatsdLine =
  | {
      readonly kind: "counter" | "gauge";
      readonly name: string;
      readonly values: readonly Decimal[];
      readonly tags: readonly (readonly [string, string])[];
      /** Whole Unix seconds; null: now. */
      readonly time: number | null;
      readonly isSampled: boolean;
    }
  | { readonly kind: "bad"; readonly why: BadLine };

/** Why a line is not counted. Nobody answers a datagram: it is counted under this word. */
export type BadLine =
  | "malformed"
  | "type_not_counted"
  | "negative"
  | "sampled"
  | "relative_gauge"
  | "meter_unknown";

const name = /^[^:|@#\s]{1,256}$/;
/** Clients print a double: a third is 0.3333333333333333. */
const rate = /^(?:0?\.\d{1,20}|1(?:\.0{0,20})?)$/;

export function readStatsdLine(line: string): StatsdLine {
  const colon = line.indexOf(":");
  if (colon === -1 || !name.test(line.slice(0, colon))) return bad("malformed");
  const [values = "", type, ...rest] = line.slice(colon + 1).split("|");
  if (type !== "c" && type !== "g") {
    return bad(type === undefined || !/^(ms|h|d|s)$/.test(type) ? "malformed" : "type_not_counted");
  }
  const read = values.split(":").map(readNumber);
  if (read.some((value) => value === null)) return bad("malformed");
  const decimals = read as Decimal[];
  // A signed gauge is a change of the last value, which a lost datagram makes wrong for ever.
  if (type === "g" && values.split(":").some((value) => /^[+-]/.test(value))) {
    return bad("relative_gauge");
  }
  if (decimals.some(isNegative)) return bad("negative");
  const sections = readSections(rest);
  if (sections === null) return bad("malformed");
  const scaled =
    sections.rate === null || type === "g"
      ? decimals
      : decimals.map((value) => overRate(value, sections.rate as Decimal));
  return {
    kind: type === "c" ? "counter" : "gauge",
    name: line.slice(0, colon),
    values: scaled.map(normalize),
    tags: sections.tags,
    time: sections.time,
    isSampled: type === "c" && sections.rate !== null,
  };
}

function bad(why: BadLine): StatsdLine {
  return { kind: "bad", why };
}

type Sections = {
  readonly rate: Decimal | null;
  readonly tags: readonly (readonly [string, string])[];
  readonly time: number | null;
};

function readSections(sections: readonly string[]): Sections | null {
  let sampled: Decimal | null = null;
  let time: number | null = null;
  let tags: (readonly [string, string])[] = [];
  for (const section of sections) {
    const rest = section.slice(1);
    if (section.startsWith("#")) tags = readTags(rest);
    else if (section.startsWith("@")) {
      if (!rate.test(rest)) return null;
      const given = readNumber(rest);
      if (given === null || given.coefficient === 0n) return null;
      const isWhole = given.coefficient === 10n ** BigInt(given.scale);
      sampled = isWhole ? null : given;
    } else if (section.startsWith("T")) {
      if (!/^\d{1,12}$/.test(rest)) return null;
      time = Number(rest);
    } else if (!/^(?:c|e|card):/.test(section)) return null;
  }
  return { rate: sampled, tags, time };
}

function readTags(text: string): (readonly [string, string])[] {
  return text.split(",").map((tag) => {
    const colon = tag.indexOf(":");
    return colon === -1
      ? ([tag, ""] as const)
      : ([tag.slice(0, colon), tag.slice(colon + 1)] as const);
  });
}

/** value / rate, half up to a whole number when it does not divide: what the sampling left out is a guess anyway. */
function overRate(value: Decimal, sampleRate: Decimal): Decimal {
  const numerator = multiply(value, { coefficient: 10n ** BigInt(sampleRate.scale), scale: 0 });
  const { coefficient } = sampleRate;
  if (numerator.coefficient % coefficient === 0n) {
    return { coefficient: numerator.coefficient / coefficient, scale: numerator.scale };
  }
  const whole = 10n ** BigInt(numerator.scale) * coefficient;
  return { coefficient: (2n * numerator.coefficient + whole) / (2n * whole), scale: 0 };
}
