import fc from "fast-check";
import { decimal } from "@submeter/shared/numbers/decimal";
import { parseInstant } from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import { type Report, reportBytesMax, reportLinesMax } from "@submeter/shared/wire/report";
import { readReport } from "@submeter/shared/wire/read-report";
import { describe, expect, it } from "vitest";
import type { Count } from "../counting/open-windows.ts";
import { type SealInput, buildReports, metersInReport } from "./build-reports.ts";

const sealedAt = parseInstant("2026-01-05T11:00:00Z");
const hour = 3600;
const thisHour = sealedAt - hour;

const input: SealInput = {
  installation: "acme-prod",
  journal: "00000000-0000-4000-8000-000000000001",
  publicKey: "A".repeat(43),
  replaces: null,
  lastSequence: 0,
  lastDigest: null,
  sealedAt,
  intervalSeconds: 3600,
  final: false,
  agent: { version: "0.1.0", clock_skew_ms: null, backlog: 0, disk_free_bytes: null },
  coverage: [{ from: thisHour, to: sealedAt }],
  declaredSources: [],
  heard: [],
  meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 3 }],
  counts: [],
  shutdowns: [],
  apart: new Set(),
};

function counted(changes: Partial<Omit<Count, "total">> & { total?: string } = {}): Count {
  const { total = "1", ...rest } = changes;
  return {
    meter: "requests",
    window: thisHour,
    dimensions: "{}",
    ...rest,
    total: decimal(total),
  };
}

/** Built, and found by shared's reader to keep every rule of the wire. */
function built(changes: Partial<SealInput>): Report[] {
  return buildReports({ ...input, ...changes }).map(({ body, digest }) => {
    expect(digest).toBe(digestHex(body));
    const read = readReport(body);
    expect(read).toMatchObject({ kind: "report" });
    return (read as { report: Report }).report;
  });
}

const shape = (reports: Report[]) =>
  reports.map(({ usage, coverage }) => `${usage.length} lines, ${coverage.length} intervals`);

describe("the reports of a seal", () => {
  it.each([
    { given: "nothing", changes: { coverage: [] }, outcome: [] },
    { given: "coverage alone", changes: {}, outcome: ["0 lines, 1 intervals"] },
    {
      given: "a zero",
      changes: { counts: [counted({ total: "0" })] },
      outcome: ["0 lines, 1 intervals"],
    },
    {
      given: "a window over 72 h before",
      changes: {
        counts: [
          counted({ window: sealedAt - 73 * hour }),
          counted({ window: sealedAt - 72 * hour }),
          counted(),
        ],
      },
      outcome: ["1 lines, 0 intervals", "2 lines, 1 intervals"],
    },
    {
      given: "only late windows and no coverage",
      changes: { coverage: [], counts: [counted({ window: sealedAt - 99 * hour })] },
      outcome: ["1 lines, 0 intervals"],
    },
    {
      given: "windows that the replaced journal had reported",
      changes: {
        apart: new Set([thisHour - hour]),
        counts: [counted({ window: thisHour - hour }), counted()],
      },
      outcome: ["1 lines, 0 intervals", "1 lines, 1 intervals"],
    },
    {
      given: "a final one with nothing to say",
      changes: { coverage: [], final: true },
      outcome: ["0 lines, 0 intervals"],
    },
    {
      given: "more lines than one holds",
      changes: {
        counts: Array.from({ length: reportLinesMax + 1 }, (_, index) =>
          counted({ dimensions: `{"model":"m${index}"}` }),
        ),
      },
      outcome: [`${reportLinesMax} lines, 0 intervals`, "1 lines, 1 intervals"],
    },
  ] as { given: string; changes: Partial<SealInput>; outcome: string[] }[])(
    "given $given: $outcome",
    ({ changes, outcome }) => {
      expect(shape(built(changes))).toEqual(outcome);
    },
  );

  it("are chained, each by the digest of the one before; the key stands in the first alone", () => {
    const counts = [counted({ window: 0 }), counted()];
    const bodies = buildReports({ ...input, counts });
    const [first, second] = built({ counts });
    expect(first).toMatchObject({ sequence: 1, previous: null, public_key: input.publicKey });
    expect(second).toMatchObject({ sequence: 2, previous: bodies[0]?.digest });
    expect(second?.public_key).toBeUndefined();
  });

  it("keep to 512 KiB whatever the lines weigh, and lose none", () => {
    const broken = fc.check(
      fc.property(
        fc.integer({ min: 1, max: 128 }),
        fc.integer({ min: 1, max: 6000 }),
        (width, lines) => {
          const counts = Array.from({ length: lines }, (_, index) =>
            counted({
              dimensions: JSON.stringify({ model: `${"m".repeat(width)}${index}`.slice(-128) }),
            }),
          );
          const distinct = new Set(counts.map(({ dimensions }) => dimensions)).size;
          const reports = buildReports({ ...input, counts: counts.slice(0, distinct) });
          const kept = reports.reduce(
            (sum, { body }) =>
              sum + (JSON.parse(Buffer.from(body).toString()) as Report).usage.length,
            0,
          );
          return kept === distinct && reports.every(({ body }) => body.length <= reportBytesMax);
        },
      ),
      { seed: 20_260_105, numRuns: 25 },
    );
    expect(broken.counterexample).toBeNull();
  });

  it("understate coverage that falls into more pieces than a report holds, keeping the longest", () => {
    const pieces = Array.from({ length: 1200 }, (_, index) => ({
      from: index * 10,
      to: index * 10 + (index < 200 ? 1 : 2),
    }));
    const [report] = built({ coverage: pieces });
    expect(report?.coverage).toHaveLength(1000);
    expect(report?.coverage[0]?.[0]).toBe("1970-01-01T00:33:20Z");
  });

  it("name every declared source, and what was heard of it in the last of them", () => {
    const [late, current] = built({
      declaredSources: ["product", "worker"],
      heard: [{ source: "product", from: thisHour + 1, to: thisHour + 2 }],
      counts: [counted({ window: 0 })],
    });
    expect(late?.sources.map(({ heard }) => heard.length)).toEqual([0, 0]);
    expect(current?.sources).toEqual([
      { name: "product", heard: [["2026-01-05T10:00:01Z", "2026-01-05T10:00:02Z"]] },
      { name: "worker", heard: [] },
    ]);
  });
});

describe("what was heard of many sources over many hours", () => {
  it("is split over reports, so that none outgrows 512 KiB; lines and coverage are carried once", () => {
    const hours = 30 * 24;
    const start = sealedAt - hours * hour;
    const declaredSources = Array.from({ length: 20 }, (_, index) => `source_${index}`);
    const heard = declaredSources.flatMap((source) =>
      Array.from({ length: hours }, (_, index) => ({
        source,
        from: start + index * hour + 5,
        to: start + index * hour + 3500,
      })),
    );
    const reports = built({
      declaredSources,
      heard,
      coverage: [{ from: start, to: sealedAt }],
      counts: [counted({ window: start }), counted()],
    });
    const pairs = reports.map(({ sources }) =>
      sources.flatMap(({ name, heard: intervals }) =>
        intervals.map(([from, to]) => `${name} ${from} ${to}`),
      ),
    );
    expect(Math.max(...pairs.map(({ length }) => length))).toBeLessThanOrEqual(1000);
    expect(pairs[0]).toEqual([]);
    expect(new Set(pairs.flat()).size).toBe(heard.length);
    expect(pairs.flat()).toHaveLength(heard.length);
    expect(shape(reports).filter((text) => text !== "0 lines, 0 intervals")).toEqual([
      "1 lines, 0 intervals",
      "1 lines, 1 intervals",
    ]);
  });
});

describe("the meters of a report", () => {
  const head = { name: "requests", unit: "request", aggregation: "sum", scale: 0 } as const;

  it("are all that are declared, and those that were when their counts came in", () => {
    const gone = { ...head, name: "gone" };
    const unused = { ...head, name: "unused" };
    const meters = metersInReport([head], [head, gone, unused], [counted({ meter: "gone" })]);
    expect(meters.map(({ name }) => name)).toEqual(["requests", "gone"]);
  });

  it("have the scale that their counts need when it was declared smaller since", () => {
    expect(metersInReport([head], [head], [counted({ total: "0.25" })])).toEqual([
      { ...head, scale: 2 },
    ]);
  });
});
