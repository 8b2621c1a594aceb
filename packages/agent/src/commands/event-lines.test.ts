import { describe, expect, it } from "vitest";
import { readLine } from "./event-lines.ts";

const naming = { source: null, idOf: (line: number) => `file line ${line}` };
const unnamed = { source: null, idOf: null };

describe("a line of events", () => {
  it.each([
    { given: "", outcome: null },
    { given: "  \t", outcome: null },
    {
      given: '{"meter":"m","quantity":1}',
      outcome: '{"meter":"m","quantity":1,"id":"file line 7"}',
    },
    { given: '{"id":"own","meter":"m"}', outcome: '{"id":"own","meter":"m"}' },
    { given: '{"id":"a","id":"b"}', outcome: "json_duplicate_member" },
    { given: "[]", outcome: "event_malformed" },
    { given: "7", outcome: "event_malformed" },
    { given: "{", outcome: "json_malformed" },
    { given: `{"meter":"${"m".repeat(70_000)}"}`, outcome: "line_too_long" },
  ])("is read: $given", ({ given, outcome }) => {
    const read = readLine(given, 7, naming);
    expect(read === null ? null : read.kind === "event" ? read.json : read.code).toBe(outcome);
  });

  it("without an id is refused where nothing can name it", () => {
    expect(readLine('{"meter":"m"}', 1, unnamed)).toMatchObject({ code: "id_missing" });
    expect(readLine('{"meter":"m","id":"own"}', 1, unnamed)).toMatchObject({ kind: "event" });
  });

  it("gets the stream's source when it names none", () => {
    const named = { source: "nightly", idOf: (line: number) => `line ${line}` };
    expect(readLine('{"meter":"m"}', 1, named)).toMatchObject({
      json: '{"meter":"m","source":"nightly","id":"line 1"}',
    });
    expect(readLine('{"source":"own","id":"x"}', 1, named)).toMatchObject({
      json: '{"source":"own","id":"x"}',
    });
  });
});
