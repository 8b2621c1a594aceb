/** One event as `POST /v1/usage` has it becomes a fact; what comes by another way is brought into this form. */

import type { Meter, MeterFile } from "@submeter/shared/metering/meter-file";
import { fitDimensions } from "@submeter/shared/metering/fit-dimensions";
import { type Decimal, normalize, tryDecimal } from "@submeter/shared/numbers/decimal";
import { type Instant, hourFloor, tryLenientInstant } from "@submeter/shared/time/instant";
import { dimensionsKey } from "@submeter/shared/wire/dimensions";
import type { Fact } from "../counting/fact.ts";

export type EventRules = {
  readonly meters: MeterFile["meters"];
  readonly pseudonymSecret: Uint8Array;
};

/** A product's clock may be a little ahead of ours. */
export const aheadSecondsMax = 15 * 60;
export const idLengthMax = 256;

const members = new Set(["meter", "quantity", "dimensions", "time", "source", "id"]);

export const bodyHint =
  'send UTF-8 JSON with each member once: {"meter":"requests","quantity":"1"}, or a list of such';

/** Why something is no fact. */
export type Fault = { readonly code: string; readonly detail: string; readonly hint: string };

export function readEvent(item: unknown, rules: EventRules, now: Instant): Fact | Fault {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    return fault("event_malformed", "the item is no event", bodyHint);
  }
  const event = item as Record<string, unknown>;
  const stray = Object.keys(event).find((name) => !members.has(name));
  if (stray !== undefined) {
    const detail = `an event has no member ${quoted(stray)}`;
    return fault("member_unknown", detail, `use only ${[...members].join(", ")}`);
  }
  const meter = typeof event["meter"] === "string" ? rules.meters.get(event["meter"]) : undefined;
  if (meter === undefined) return unknownMeter(event["meter"], rules);
  const quantity = readQuantity(event["quantity"], meter);
  if ("code" in quantity) return quantity;
  const labels = readDimensions(event["dimensions"], meter, rules);
  if ("code" in labels) return labels;
  const window = readWindow(event["time"], now);
  if ("code" in window) return window;
  const naming = readNaming(event["source"], event["id"]);
  if ("code" in naming) return naming;
  const { name, aggregation } = meter;
  return { meter: name, aggregation, quantity, ...labels, ...window, ...naming };
}

export function readQuantity(given: unknown, meter: Meter): Decimal | Fault {
  if (typeof given === "number" && !Number.isSafeInteger(given)) {
    return fault(
      "quantity_inexact",
      "the quantity is a JSON number that is no safe integer, and may have lost digits already",
      'send it as text, such as "0.1"',
    );
  }
  const text = typeof given === "number" ? String(given) : given;
  const parsed = typeof text === "string" ? tryDecimal(text) : null;
  if (parsed === null) {
    const detail = "the quantity is no decimal number";
    return fault("quantity_malformed", detail, 'send text such as "12" or "0.5", or an integer');
  }
  if (parsed.coefficient < 0n) {
    const hint = "usage only grows; a correction is made by the vendor, with a reason";
    return fault("quantity_negative", "the quantity is negative", hint);
  }
  const quantity = normalize(parsed);
  if (quantity.scale > meter.scale) {
    return fault(
      "quantity_scale_exceeded",
      `the quantity has ${quantity.scale} decimals, meter ${meter.name} has at most ${meter.scale}`,
      "round it in the product, or declare a greater scale in the meter file",
    );
  }
  if (quantity.coefficient >= tooLarge(quantity.scale)) {
    const detail = "the quantity has more than 18 digits before the point";
    return fault("quantity_too_large", detail, "check the product: no usage is this large");
  }
  return quantity;
}

/** The least coefficient with more than 18 digits before the point. */
function tooLarge(scale: number): bigint {
  return scale === 0 ? tooLargeWhole : tooLargeWhole * 10n ** BigInt(scale);
}

const tooLargeWhole = 10n ** 18n;

function readDimensions(
  given: unknown,
  meter: Meter,
  rules: EventRules,
): { dimensions: string } | Fault {
  const labels = given ?? {};
  if (typeof labels !== "object" || Array.isArray(labels)) {
    const hint = 'send an object of names and texts, such as {"model":"m1"}';
    return fault("dimension_malformed", "dimensions is no object", hint);
  }
  const fit = fitDimensions(meter, labels as Record<string, unknown>, rules.pseudonymSecret);
  if (fit.kind === "refused") return fault(fit.code, fit.detail, fit.hint);
  return { dimensions: dimensionsKey(fit.dimensions) };
}

export function readWindow(given: unknown, now: Instant): { window: Instant } | Fault {
  if (given === undefined || given === null) return { window: hourFloor(now) };
  const time = typeof given === "string" ? tryLenientInstant(given) : null;
  if (time === null || time < 0) {
    const hint = "send an RFC 3339 date-time with its offset, such as 2026-01-05T10:00:00Z";
    return fault("time_malformed", "the time is no date-time", hint);
  }
  if (time > now + aheadSecondsMax) {
    const detail = "the time is more than 15 minutes ahead of this machine's clock";
    return fault("time_ahead", detail, "set both clocks; leave time out to count an event as now");
  }
  return { window: hourFloor(time) };
}

function readNaming(
  source: unknown,
  id: unknown,
): { source: string | null; id: string | null } | Fault {
  if (source !== undefined && source !== null && !isIdentifier(source)) {
    const detail = `the source is no text of 1 to ${idLengthMax} characters`;
    return fault("source_malformed", detail, "name the part of the product that counted");
  }
  if (id !== undefined && id !== null && !isIdentifier(id)) {
    const detail = `the id is no text of 1 to ${idLengthMax} characters`;
    return fault("id_malformed", detail, "send a text that names this event and no other");
  }
  return { source: source ?? null, id: id ?? null };
}

export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= idLengthMax &&
    value.isWellFormed()
  );
}

function unknownMeter(given: unknown, rules: EventRules): Fault {
  const known = [...rules.meters.keys()].slice(0, 10).join(", ");
  return fault(
    "meter_unknown",
    typeof given === "string"
      ? `no meter ${quoted(given)} is declared`
      : "the event names no meter",
    `use a declared meter (${known}), or declare it in the meter file`,
  );
}

/** What a stranger sent is shown short. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}

export function fault(code: string, detail: string, hint: string): Fault {
  return { code, detail, hint };
}
