import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exampleReport, journalSigner } from "./examples.fixture.ts";
import { dimensionsKey } from "./dimensions.ts";
import { encodeReport, reportBytesMax, reportLinesMax } from "./report.ts";
import { readReport } from "./read-report.ts";
import type { Report } from "./report.ts";

const encoder = new TextEncoder();
const encoded = (value: unknown) => encoder.encode(JSON.stringify(value));
const line = exampleReport.usage[1] ?? exampleReport.usage[0];

/** The example as report 2 of its journal. */
const second: Report = (() => {
  const { public_key: _, ...rest } = exampleReport;
  return { ...rest, sequence: 2, previous: "ab".repeat(32) };
})();

describe("a report is read", () => {
  test("as it was written", () => {
    const read = readReport(encodeReport(exampleReport));
    expect(read).toEqual({ kind: "report", report: exampleReport });
  });

  test("with nothing counted: an hour without counts is a true zero", () => {
    const empty = { ...second, usage: [], sources: [] };
    expect(readReport(encodeReport(empty))).toEqual({ kind: "report", report: empty });
  });

  test("with members of somebody's own under x, and there only", () => {
    const extended = { ...second, x: { anything: [1, { nested: null }] } };
    expect(readReport(encodeReport(extended))).toEqual({ kind: "report", report: extended });
  });

  test.each([
    ["replacing a journal", { journal: "0".repeat(8) + "-0000-4000-8000-000000000000" }],
    ["replacing one that could not be read", { sequence: null, digest: null }],
  ])("%s", (_, change) => {
    const replaces = {
      journal: "11111111-2222-4333-8444-555555555555",
      sequence: 9,
      digest: "cd".repeat(32),
      reason: "fork",
      ...change,
    };
    expect(readReport(encoded({ ...exampleReport, replaces })).kind).toBe("report");
  });

  test("with intervals that abut", () => {
    const at = (time: string) => `2026-01-05T${time}Z`;
    const coverage: [string, string][] = [
      [at("10:00:00"), at("10:30:00")],
      [at("10:30:00"), at("11:00:00")],
    ];
    expect(readReport(encoded({ ...second, coverage })).kind).toBe("report");
  });

  test("with as many lines as there may be", () => {
    const usage = manyLines(reportLinesMax);
    expect(readReport(encoded({ ...second, usage })).kind).toBe("report");
  });

  test("with its members in any order and white space between them", () => {
    const reversed = Object.fromEntries(Object.entries(exampleReport).toReversed());
    const body = encoder.encode(JSON.stringify(reversed, null, 2));
    expect(readReport(body)).toEqual({ kind: "report", report: exampleReport });
  });
});

describe("a report is written", () => {
  test("in one order, whatever the order of the members given, without white space", () => {
    const shuffled = {
      ...Object.fromEntries(Object.entries(exampleReport).toReversed()),
      usage: exampleReport.usage.map((given) => ({
        quantity: given.quantity,
        dimensions: Object.fromEntries(Object.entries(given.dimensions).toReversed()),
        window: given.window,
        meter: given.meter,
      })),
    } as Report;
    const text = new TextDecoder().decode(encodeReport(shuffled));
    expect(text).toBe(new TextDecoder().decode(encodeReport(exampleReport)));
    expect(text).toContain('"dimensions":{"direction":"input","model":"atlas-large"}');
    expect(text.startsWith('{"version":1,"installation":"acme-prod","journal":')).toBe(true);
  });

  test("so that any is read as it was written", () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(readReport(encodeReport(report))).toEqual({ kind: "report", report });
      }),
    );
  });
});

describe("a report that breaks the page is rejected, its place in the chain being read", () => {
  const pair = (from: string, to: string) => [`2026-01-05T${from}Z`, `2026-01-05T${to}Z`];

  test.each([
    // The schema.
    [{ surplus: 1 }, "member_unknown", "/surplus"],
    [{ agent: { ...second.agent, surplus: 1 } }, "member_unknown", "/agent/surplus"],
    [{ sealed_at: undefined }, "member_missing", "/sealed_at"],
    [{ version: "1" }, "member_malformed", "/version"],
    [{ version: 0 }, "member_malformed", "/version"],
    [{ final: 0 }, "member_malformed", "/final"],
    [{ interval_seconds: 9 }, "member_malformed", "/interval_seconds"],
    [{ interval_seconds: 86_401 }, "member_malformed", "/interval_seconds"],
    [{ agent: { ...second.agent, backlog: -1 } }, "member_malformed", "/agent/backlog"],
    [{ agent: { ...second.agent, backlog: 0.5 } }, "member_malformed", "/agent/backlog"],
    [{ agent: { ...second.agent, version: "é" } }, "member_malformed", "/agent/version"],
    [{ x: 1 }, "member_malformed", "/x"],
    [{ usage: manyLines(reportLinesMax + 1) }, "member_malformed", "/usage"],
    // The chain.
    [{ sequence: 1 }, "previous_mismatch", "/previous"],
    [{ previous: null }, "previous_mismatch", "/previous"],
    [{ public_key: journalSigner.publicKey }, "public_key_misplaced", "/public_key"],
    [{ sequence: 1, previous: null }, "public_key_misplaced", "/public_key"],
    [
      { replaces: replacing({ journal: second.journal }) },
      "replaces_malformed",
      "/replaces/journal",
    ],
    [{ replaces: replacing({ digest: null }) }, "replaces_malformed", "/replaces"],
    [{ replaces: replacing({ reason: "whim" }) }, "member_malformed", "/replaces/reason"],
    // Instants.
    [{ sealed_at: "2026-02-30T00:00:00Z" }, "instant_malformed", "/sealed_at"],
    [{ sealed_at: "2026-01-05T11:02:13.5Z" }, "member_malformed", "/sealed_at"],
    [{ sealed_at: "2026-01-05T12:02:13+01:00" }, "member_malformed", "/sealed_at"],
    [{ sealed_at: "1969-12-31T23:59:59Z" }, "instant_malformed", "/sealed_at"],
    // Coverage and sources.
    [{ coverage: [pair("10:00:00", "10:00:00")] }, "coverage_unordered", "/coverage/0"],
    [
      { coverage: [pair("10:00:00", "10:30:00"), pair("10:29:59", "11:00:00")] },
      "coverage_unordered",
      "/coverage/1",
    ],
    [
      { coverage: [pair("11:00:00", "12:00:00"), pair("10:00:00", "11:00:00")] },
      "coverage_unordered",
      "/coverage/1",
    ],
    [{ coverage: [pair("10:00:00", "24:00:00")] }, "instant_malformed", "/coverage/0/1"],
    [{ coverage: [["2026-01-05T10:00:00Z"]] }, "member_malformed", "/coverage/0"],
    [{ coverage: Array(1001).fill(pair("10:00:00", "11:00:00")) }, "member_malformed", "/coverage"],
    [
      { sources: [{ name: "a", heard: [pair("11:00:00", "10:00:00")] }] },
      "coverage_unordered",
      "/sources/0/heard/0",
    ],
    [
      {
        sources: [
          { name: "a", heard: [] },
          { name: "a", heard: [] },
        ],
      },
      "source_repeated",
      "/sources/1",
    ],
    // Meters.
    [{ meters: [...second.meters, second.meters[0]] }, "meter_repeated", "/meters/4"],
    [{ meters: [] }, "meter_undeclared", "/usage/0/meter"],
    [
      { meters: [{ ...second.meters[0], aggregation: "mean" }], usage: [] },
      "member_malformed",
      "/meters/0/aggregation",
    ],
    [
      { meters: [{ ...second.meters[0], scale: 13 }], usage: [] },
      "member_malformed",
      "/meters/0/scale",
    ],
    // Lines.
    [{ usage: [{ ...line, surplus: 1 }] }, "member_unknown", "/usage/0/surplus"],
    [
      { usage: [{ ...line, window: "2026-01-05T10:00:01Z" }] },
      "window_malformed",
      "/usage/0/window",
    ],
    [{ usage: [line, line] }, "line_repeated", "/usage/1"],
    [{ usage: [line, { ...line, quantity: "1" }] }, "line_repeated", "/usage/1"],
    [
      {
        usage: [
          { ...line, dimensions: { a: "1", b: "2" } },
          { ...line, dimensions: { b: "2", a: "1" } },
        ],
      },
      "line_repeated",
      "/usage/1",
    ],
    [{ usage: [{ ...line, quantity: 12 }] }, "member_malformed", "/usage/0/quantity"],
    ...["-1", "+1", "1e3", "1.", ".5", "01", "1.0", "1.50", "", "1 ", "NaN", "1".repeat(19)].map(
      (quantity) =>
        [{ usage: [{ ...line, quantity }] }, "quantity_malformed", "/usage/0/quantity"] as const,
    ),
    [{ usage: [{ ...line, quantity: "0" }] }, "quantity_zero", "/usage/0/quantity"],
    [{ usage: [{ ...line, quantity: "1.5" }] }, "quantity_scale_exceeded", "/usage/0/quantity"],
    [withDimensions({ Model: "a" }), "dimension_name_malformed", "/usage/0/dimensions"],
    [withDimensions({ ["__proto__"]: "a" }), "dimension_name_malformed", "/usage/0/dimensions"],
    ...["", "ada@example.com", " a", "a ", "é", "a\nb", "a".repeat(129)].map(
      (model) =>
        [
          withDimensions({ model }),
          "dimension_value_malformed",
          "/usage/0/dimensions/model",
        ] as const,
    ),
    [withDimensions({ model: 1 }), "member_malformed", "/usage/0/dimensions/model"],
    [
      withDimensions(Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`d${i}`, "v"]))),
      "dimensions_too_many",
      "/usage/0/dimensions",
    ],
  ] as const)("%j: %s", (change, code, path) => {
    const given: Record<string, unknown> = { ...second, ...change };
    expect(readReport(encoded(given))).toMatchObject({
      kind: "rejected",
      code,
      path,
      name: {
        installation: "acme-prod",
        journal: second.journal,
        sequence: given["sequence"],
        previous: given["previous"],
      },
    });
  });

  test("over 512 KiB", () => {
    const body = encoded({ ...second, x: { padding: "x".repeat(reportBytesMax) } });
    expect(readReport(body)).toMatchObject({ kind: "rejected", code: "report_too_large" });
  });

  test("in words that say what it must be", () => {
    const read = readReport(encoded({ ...second, previous: "AB" }));
    expect(read).toMatchObject({ kind: "unreadable" });
    expect(readReport(encoded({ ...second, interval_seconds: 5 }))).toMatchObject({
      detail: "/interval_seconds must be an integer, 10 to 86,400",
    });
  });

  test("without repeating what was wrong, which may be a secret", () => {
    const read = readReport(encoded({ ...second, ...withDimensions({ model: "hunter2@" }) }));
    expect(JSON.stringify(read)).not.toContain("hunter2");
  });
});

test.each([2, 3, 900])("version %d is for a later collector: never rejected", (version) => {
  const read = readReport(encoded({ version, entirely: "different" }));
  expect(read).toEqual({ kind: "newer_version", version });
});

describe("a report whose place cannot be read has no receipt", () => {
  test.each([
    [{ installation: "Acme" }],
    [{ installation: undefined }],
    [{ journal: second.journal.toUpperCase() }],
    [{ sequence: 0 }],
    [{ sequence: 1.5 }],
    [{ sequence: 2 ** 31 }],
    [{ sequence: "2" }],
    [{ previous: undefined }],
    [{ previous: "AB".repeat(32) }],
  ])("%j", (change) => {
    const read = readReport(encoded({ ...second, ...change }));
    expect(read).toMatchObject({ kind: "unreadable", code: "report_name_malformed" });
  });

  test.each(["[]", "null", "1", '"report"', "{}"])("%s", (text) => {
    expect(readReport(encoder.encode(text)).kind).toBe("unreadable");
  });

  test("a duplicate member", () => {
    const text = new TextDecoder().decode(encodeReport(second));
    const twice = text.replace('"final":false', '"final":false,"final":true');
    const unreadable = { kind: "unreadable", code: "json_duplicate_member" };
    expect(readReport(encoder.encode(twice))).toMatchObject(unreadable);
  });
});

test("one set of labels has one text", () => {
  expect(dimensionsKey({})).toBe("{}");
  expect(dimensionsKey({ b: "2", a: "1", "a.b": "3", a_b: "4" })).toBe(
    '{"a":"1","a.b":"3","a_b":"4","b":"2"}',
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.]{0,5}$/), fc.string()),
      (given) => {
        const reversed = Object.fromEntries(Object.entries(given).toReversed());
        expect(dimensionsKey(reversed)).toBe(dimensionsKey(given));
        expect(JSON.parse(dimensionsKey(given))).toEqual({ ...given });
      },
    ),
  );
});

function withDimensions(dimensions: Record<string, unknown>) {
  return { usage: [{ ...line, dimensions }] };
}

function replacing(change: Record<string, unknown>) {
  const journal = "11111111-2222-4333-8444-555555555555";
  return { journal, sequence: 9, digest: "cd".repeat(32), reason: "fork", ...change };
}

function manyLines(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    meter: "requests",
    window: "2026-01-05T10:00:00Z",
    dimensions: { n: String(index) },
    quantity: "1",
  }));
}

const name = fc.stringMatching(/^[a-z][a-z0-9_.]{0,9}$/);
const hour = fc
  .integer({ min: 0, max: 700_000 })
  .map((hours) => `${new Date(hours * 3_600_000).toISOString().slice(0, 19)}Z`);
const quantity = fc.oneof(
  fc.stringMatching(/^[1-9][0-9]{0,17}$/),
  fc.stringMatching(/^(0|[1-9][0-9]{0,17})\.[0-9]{0,11}[1-9]$/),
);
const usageLine = fc.record({
  meter: fc.constantFrom("a", "b"),
  window: hour,
  dimensions: fc
    .dictionary(name, fc.stringMatching(/^[!-?A-~]([ -?A-~]{0,20}[!-?A-~])?$/), { maxKeys: 4 })
    .map((given) => ({ ...given })),
  quantity,
});
const reports: fc.Arbitrary<Report> = fc
  .record({
    sequence: fc.integer({ min: 2, max: 2_147_483_647 }),
    previous: fc.stringMatching(/^[0-9a-f]{64}$/),
    final: fc.boolean(),
    usage: fc.uniqueArray(usageLine, {
      maxLength: 20,
      selector: ({ meter, window, dimensions }) =>
        `${meter} ${window} ${dimensionsKey(dimensions)}`,
    }),
  })
  .map((given) => ({
    ...second,
    ...given,
    meters: ["a", "b"].map((meter) => ({
      name: meter,
      unit: "each",
      aggregation: "sum" as const,
      scale: 12,
    })),
  }));
