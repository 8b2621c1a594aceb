import fc from "fast-check";
import { readMeterFile } from "@submeter/shared/metering/meter-file";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import { describe, expect, it } from "vitest";
import { EventForms } from "./event-forms.ts";
import { cutOf } from "./event-text.ts";
import { readEvent } from "./read-event.ts";
import { readEvents } from "./read-events.ts";

const meterFile = {
  version: 1,
  meters: [
    {
      name: "tokens",
      unit: "token",
      aggregation: "sum",
      scale: 2,
      dimensions: [
        { name: "model", pattern: "[^@]{0,30}", default: "m" },
        { name: "id", values: ["x", "5"], default: "x" },
        { name: "quantity", values: ["x", "5"], default: "x" },
      ],
    },
    { name: "seats", unit: "seat", aggregation: "max" },
  ],
};
const rules = {
  meters: readMeterFile(Buffer.from(JSON.stringify(meterFile))).meters,
  pseudonymSecret: new Uint8Array(32),
};
const now = 1_767_600_000;

/** Facts and faults as the whole text gives them. */
function wholly(text: string): unknown {
  const json = parseStrictJson(Buffer.from(text));
  if (json.kind === "malformed" || typeof json.value !== "object" || json.value === null)
    return null;
  const items = Array.isArray(json.value) ? (json.value as unknown[]) : [json.value];
  return items.map((item) => readEvent(item, rules, now));
}

function byForms(forms: EventForms, text: string): unknown {
  return forms.read(Buffer.from(text), now)?.read ?? wholly(text);
}

const text = fc.constantFrom(
  "a",
  "",
  "x}",
  "},{",
  "}, {",
  "[",
  "]",
  "quantity",
  "id",
  ":",
  "12",
  "m1",
  "a b",
  "é",
  "\\",
  '"',
  "\n",
);
/** Mostly what can be read. */
const mostly = (usual: fc.Arbitrary<unknown>, odd: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: odd });
const labels = fc.dictionary(
  fc.constantFrom("model", "id", "quantity"),
  fc.constantFrom("a", "x", "5", "x}", "},{"),
  { maxKeys: 3 },
);
const members = {
  meter: mostly(fc.constant("tokens"), fc.constantFrom("seats", "none", 5)),
  quantity: mostly(
    fc.oneof(fc.nat(20), fc.nat(20).map(String)),
    fc.constantFrom("0.25", "-1", -1, "01", "1e3", 0.5, 2 ** 60, "9".repeat(19), null, "", true),
  ),
  dimensions: mostly(labels, fc.dictionary(fc.constantFrom("model", "time"), text)),
  id: mostly(fc.constantFrom("r-1", "r-2"), fc.oneof(text, fc.constantFrom(null, 5))),
  time: mostly(
    fc.constantFrom("2026-01-05T07:59:59Z", "2026-01-05T08:30:00+01:00"),
    fc.constantFrom("2030-01-01T00:00:00Z", "no", null),
  ),
  source: mostly(fc.constantFrom("product", "},{", "a"), fc.constantFrom("", null, 7)),
  extra: text,
};
const others = ["quantity", "dimensions", "id", "time", "source"] as const;
/** Members in any order, rarely one unknown or twice. */
const event = fc
  .tuple(
    fc.shuffledSubarray([...others], { minLength: 1 }),
    mostly(fc.constant([]), fc.constantFrom(["extra"], ["quantity"], ["id"])),
    fc.boolean(),
  )
  .chain(([names, more, isFirst]) => {
    const all = [...names, ...(more as string[])] as (keyof typeof members)[];
    all.splice(isFirst ? 0 : all.length, 0, "meter");
    return fc.tuple(...all.map((name) => fc.tuple(fc.constant(name), members[name])));
  });
const body = fc
  .tuple(
    fc.array(event, { maxLength: 4 }),
    fc.constantFrom([":", ","], [": ", ", "], [" :", ",\n"]),
  )
  .map(([events, [colon, comma]]) => {
    const texts = events.map(
      (given) =>
        `{${given.map(([name, one]) => `"${name}"${colon}${JSON.stringify(one)}`).join(comma)}}`,
    );
    return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(comma)}]`;
  });

describe("events read by their forms", () => {
  it("are what the whole text says, whatever was learned before", () => {
    const forms = new EventForms(rules);
    const check = fc.property(body, (given) => {
      expect(byForms(forms, given)).toEqual(wholly(given));
      expect(byForms(forms, given)).toEqual(wholly(given));
    });
    fc.assert(check, { numRuns: 3000 });
  });

  it.each([
    [
      "a number with a zero before it",
      '{"meter":"seats","quantity":7}',
      '{"meter":"seats","quantity":07}',
    ],
    [
      "a fraction behind a whole number",
      '{"meter":"seats","quantity":7}',
      '{"meter":"seats","quantity":7.5}',
    ],
    [
      "a number that is too large to be exact",
      '{"meter":"seats","quantity":7}',
      '{"meter":"seats","quantity":9007199254740993}',
    ],
    [
      "a second quantity",
      '{"meter":"seats","quantity":"7"}',
      '{"meter":"seats","quantity":"7","quantity":"8"}',
    ],
    [
      "an id that is none",
      '{"meter":"seats","quantity":"7","id":"a"}',
      '{"meter":"seats","quantity":"7","id":""}',
    ],
    [
      "a quantity of no number",
      '{"meter":"seats","quantity":"7"}',
      '{"meter":"seats","quantity":"seven"}',
    ],
    [
      "a text that is not closed",
      '{"meter":"seats","quantity":"7"}',
      '{"meter":"seats","quantity":"7}',
    ],
    ["brackets around nothing", '[{"meter":"seats","quantity":"7"}]', "[]"],
    [
      "something behind the list",
      '[{"meter":"seats","quantity":"7"}]',
      '[{"meter":"seats","quantity":"7"}]]',
    ],
    [
      "a time that is written otherwise",
      '{"meter":"seats","quantity":7,"time" :"2026-01-05T06:00:00Z"}',
      '{"meter":"seats","quantity":8,"time" :"2026-01-05T06:00:00Z"}',
    ],
    [
      "an id that is written otherwise",
      '{"meter":"seats","quantity":7,"id" :"a"}',
      '{"meter":"seats","quantity":8,"id" :"a"}',
    ],
    ["no event", '{"meter":"seats","quantity":"7"}', "7"],
  ])("do not pass for alike: %s", (_, learned, given) => {
    const forms = new EventForms(rules);
    for (let time = 0; time < 2; time += 1)
      expect(byForms(forms, learned)).toEqual(wholly(learned));
    expect(byForms(forms, given)).toEqual(wholly(given));
  });

  it("answer a body that is no list of events as before", () => {
    const forms = new EventForms(rules);
    for (const given of ["7", '"x"', "null", "[1", "{", ""]) {
      expect(readEvents(Buffer.from(given), forms, now).kind).toBe("malformed");
    }
  });

  it("are parsed once for each form", () => {
    const forms = new EventForms(rules);
    const list = (from: number) =>
      JSON.stringify(
        Array.from({ length: 50 }, (_, at) => ({
          meter: "tokens",
          quantity: String(from + at),
          dimensions: { model: `m${at % 5}` },
          id: `r-${from + at}`,
          time: "2026-01-05T07:00:00Z",
        })),
      );
    forms.read(Buffer.from(list(0)), now);
    const parse = JSON.parse;
    let parsed = 0;
    JSON.parse = (...given) => {
      parsed += 1;
      return parse(...given) as unknown;
    };
    try {
      const read = forms.read(Buffer.from(list(500)), now)?.read;
      expect(read).toHaveLength(50);
      expect(read?.[7]).toMatchObject({
        quantity: { coefficient: 507n, scale: 0 },
        id: "r-507",
        window: 1_767_596_400,
      });
    } finally {
      JSON.parse = parse;
    }
    expect(parsed).toBe(0);
  });

  it("have no form where what differs cannot be told", () => {
    const both = { id: true, time: true };
    expect(cutOf('{"meter":"tokens"}', both)).toBeNull();
    expect(cutOf('{"id":"b","meter":"m","quantity":5}', both)).toMatchObject({
      form: '{"id":"\u0002","meter":"m","quantity":\u0001}',
      id: "b",
      quantity: "5",
      isNumber: true,
    });
  });
});
