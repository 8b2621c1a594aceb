import { describe, expect, it } from "vitest";
import { type BilledInvoice, spreadCredit } from "./spread-credit.ts";

/** `invoice: [line, statement's line, what remains of it]…` */
function billed(invoice: string, ...lines: [string, string, bigint][]): BilledInvoice {
  return {
    invoice,
    lines: lines.map(([id, statementLine, remainingMinor]) => ({
      id,
      statementLine,
      description: id,
      remainingMinor,
    })),
  };
}

const cases: {
  name: string;
  amountMinor: bigint;
  falls: [string, bigint][];
  invoices: BilledInvoice[];
  givenBack: Record<string, Record<string, bigint>>;
}[] = [
  {
    name: "a fall is given back on the line that fell",
    amountMinor: 50n,
    falls: [["usage", 50n]],
    invoices: [billed("january", ["base", "base", 100n], ["usage", "usage", 150n])],
    givenBack: { january: { usage: 50n } },
  },
  {
    name: "what rose meanwhile is taken off each fall by its part, to the last cent",
    amountMinor: 50n,
    falls: [
      ["a", 70n],
      ["b", 35n],
    ],
    invoices: [billed("january", ["a", "a", 100n], ["b", "b", 100n])],
    givenBack: { january: { a: 33n, b: 17n } },
  },
  {
    name: "beyond what the original billed it goes to the invoice that carried the adjustment",
    amountMinor: 160n,
    falls: [["usage", 160n]],
    invoices: [
      billed("january", ["usage", "usage", 100n]),
      billed("february", ["adjustment/usage", "usage", 150n]),
    ],
    givenBack: { january: { usage: 100n }, february: { "adjustment/usage": 60n } },
  },
  {
    name: "a line that has been given back already leaves it to the others",
    amountMinor: 30n,
    falls: [["usage", 30n]],
    invoices: [billed("january", ["usage", "usage", 10n], ["base", "base", 100n])],
    givenBack: { january: { usage: 10n, base: 20n } },
  },
];

describe("a credit", () => {
  for (const { name, givenBack: expected, falls, ...given } of cases) {
    it(`${name}`, () => {
      const parts = spreadCredit({ ...given, falls: new Map(falls) });
      const found = Object.fromEntries(
        parts.map(({ invoice, lines }) => [
          invoice,
          Object.fromEntries(lines.map((line) => [line.originalLineId, line.amountMinor])),
        ]),
      );
      expect(found).toEqual(expected);
    });
  }

  it("of more than was billed is refused", () => {
    const invoices = [billed("january", ["usage", "usage", 10n])];
    const credit = { amountMinor: 11n, falls: new Map([["usage", 11n]]), invoices };
    expect(() => spreadCredit(credit)).toThrow("never billed");
  });
});
