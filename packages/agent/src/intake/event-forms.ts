/**
 * Reads a list of events without reading alike ones again and again: a product writes the same event many times, with another
 * quantity, id and time. What stands around those three is its form. A form is learned from an event that was read whole, and of
 * an event in a known form only the three are read.
 *
 * Why that is exact: it is done in printable ASCII without backslashes, where a quote always begins or ends a text. A form is
 * taken only if two other quantities, ids and times, put in their places, come out of the strict parser as just those. What stands
 * there is then the whole of the three, and changes nothing else of the event.
 */

import type { Meter } from "@submeter/shared/metering/meter-file";
import { format } from "@submeter/shared/numbers/decimal";
import {
  type Instant,
  formatInstant,
  hourFloor,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import type { Fact } from "../counting/fact.ts";
import { type Cut, cutOf, filled, piecesOf, plainText, soughtIn } from "./event-text.ts";
import {
  type EventRules,
  type Fault,
  isIdentifier,
  readEvent,
  readQuantity,
  readWindow,
} from "./read-event.ts";

/** So many in an hour, each with some hundred bytes; what comes in more forms is read whole. */
const formsMax = 8192;
const formLengthMax = 1024;

type Form = {
  readonly meter: Meter;
  readonly dimensions: string;
  readonly source: string | null;
};

/** `single`: one event was sent, not a list. In the order of the events. */
export type ReadItems = { readonly single: boolean; readonly read: readonly (Fact | Fault)[] };

export class EventForms {
  readonly rules: EventRules;
  /** Null: there is something about it that a form cannot have. */
  readonly #forms = new Map<string, Form | null>();
  #learnedIn: Instant = 0;

  constructor(rules: EventRules) {
    this.rules = rules;
  }

  /** Null where the body has to be read as a whole: to say what is wrong with its JSON, or because it is no plain text. */
  read(body: Uint8Array, now: Instant): ReadItems | null {
    const text = plainText(body);
    if (text === null) return null;
    const { single, pieces } = piecesOf(text);
    if (single && !text.startsWith("{")) return null;
    const sought = soughtIn(pieces[0] ?? "");
    const window = hourFloor(now);
    const read: (Fact | Fault)[] = [];
    for (const piece of pieces) {
      const cut = cutOf(piece, sought);
      const form = cut === null ? null : this.#forms.get(cut.form);
      const known = cut === null || !form ? null : factOf(form, cut, now, window);
      const one = known ?? this.#readWhole(piece, form === undefined ? cut : null, now);
      if (one === null) return null;
      read.push(one);
    }
    return { single, read };
  }

  #readWhole(piece: string, unknown: Cut | null, now: Instant): Fact | Fault | null {
    const json = parseStrictJson(Buffer.from(piece, "latin1"));
    if (json.kind === "malformed") return null;
    const read = readEvent(json.value, this.rules, now);
    if (unknown !== null && !("code" in read)) this.#learn(unknown, now);
    return read;
  }

  #learn(cut: Cut, now: Instant): void {
    const window = hourFloor(now);
    if (cut.form.length > formLengthMax) return;
    if (this.#forms.size >= formsMax) {
      if (this.#learnedIn === window) return;
      this.#forms.clear();
    }
    this.#learnedIn = window;
    this.#forms.set(cut.form, formOf(cut, this.rules, now));
  }
}

function factOf(form: Form, cut: Cut, now: Instant, window: Instant): Fact | null {
  const { meter, dimensions, source } = form;
  if (cut.isNumber && !isWholeNumber(cut.quantity)) return null;
  const quantity = readQuantity(cut.isNumber ? Number(cut.quantity) : cut.quantity, meter);
  if ("code" in quantity) return null;
  if (cut.id !== null && !isIdentifier(cut.id)) return null;
  const timed = cut.time === null ? { window } : readWindow(cut.time, now);
  if ("code" in timed) return null;
  return {
    meter: meter.name,
    aggregation: meter.aggregation,
    quantity,
    dimensions,
    window: timed.window,
    source,
    id: cut.id,
  };
}

/** As JSON writes it. */
function isWholeNumber(digits: string): boolean {
  return digits.length > 0 && (digits.length === 1 || !digits.startsWith("0"));
}

/** Null unless what is put in the places comes out as quantity, id and time; two of each, lest one stand elsewhere by chance. */
function formOf(cut: Cut, rules: EventRules, now: Instant): Form | null {
  const [a, b] = [1, 2].map((number) => {
    const window = hourFloor(now) - number * secondsPerHour;
    const filling = { quantity: `1${number}`, id: `id${number}`, time: formatInstant(window) };
    const json = parseStrictJson(Buffer.from(filled(cut.form, filling), "latin1"));
    if (json.kind === "malformed") return null;
    const fact = readEvent(json.value, rules, now);
    const event = json.value as Record<string, unknown>;
    const holds =
      !("code" in fact) &&
      format(fact.quantity) === filling.quantity &&
      (event["id"] ?? null) === (cut.id === null ? null : filling.id) &&
      (event["time"] ?? null) === (cut.time === null ? null : filling.time);
    return holds ? fact : null;
  });
  const meter = a && rules.meters.get(a.meter);
  return a && b && meter ? { meter, dimensions: a.dimensions, source: a.source } : null;
}
