import { format } from "@submeter/shared/numbers/decimal";
import { describe, expect, it } from "vitest";
import { kernelDrops } from "./statsd-udp.ts";
import { readStatsdLine } from "./statsd-line.ts";

/** `kind name values`, or why not. */
function shown(line: string): string {
  const read = readStatsdLine(line);
  if (read.kind === "bad") return read.why;
  return `${read.kind} ${read.name} ${read.values.map(format).join(" ")}`;
}

describe("a line of StatsD", () => {
  // The example lines of statsd/statsd's docs/metric_types.md (commit f7157b880631, MIT), and what its tests say is valid.
  it.each([
    ["gorets:1|c", "counter gorets 1"],
    ["gorets:1|c|@0.1", "counter gorets 10"],
    ["glork:320|ms|@0.1", "type_not_counted"],
    ["gaugor:333|g", "gauge gaugor 333"],
    ["gaugor:-10|g", "relative_gauge"],
    ["gaugor:+4|g", "relative_gauge"],
    ["uniques:765|s", "type_not_counted"],
    ["a:+10e1|c", "counter a 100"],
    ["a:-10|c", "negative"],
    ["a:0,345345|ms", "type_not_counted"],
    ["a", "malformed"],
    ["a:1", "malformed"],
    ["a:|c", "malformed"],
    ["a:1|@0,45", "malformed"],
    ["a:1|c|@0,45", "malformed"],
    ["a:1|c|@0", "malformed"],
    ["a:1|c|@2", "malformed"],
    ["a:1|c|@1", "counter a 1"],
    [":1|c", "malformed"],
    ["a b:1|c", "malformed"],
    ["a:NaN|c", "malformed"],
    ["a:1.50|c", "counter a 1.5"],
    ["a:1.5e-3|c", "counter a 0.0015"],
    ["a:1:2:3.5|c", "counter a 1 2 3.5"],
    ["a:3|c|@0.3", "counter a 10"],
    ["a:1|c|@0.3", "counter a 3"],
    ["a:2|c|@0.3", "counter a 7"],
    ["a:1|c|?", "malformed"],
    // DogStatsD's description of who sent it.
    ["a:1|c|#x:y|c:ci-83c0|e:it-false,cn-nginx", "counter a 1"],
    ["a:1|c|#x:y|card:low", "counter a 1"],
    // As a client prints one of three.
    ["a:1|c|@0.3333333333333333", "counter a 3"],
    ["a:1|c|@.5", "counter a 2"],
    ["a:1|c|@1.", "counter a 1"],
  ])("%s is %s", (line, outcome) => {
    expect(shown(line)).toBe(outcome);
  });

  it("has tags, a time and what the sender's container is called", () => {
    expect(readStatsdLine("a:1|c|@0.5|#model:m:1,blank|T1767607200|c:in-1")).toMatchObject({
      tags: [
        ["model", "m:1"],
        ["blank", ""],
      ],
      time: 1_767_607_200,
      isSampled: true,
    });
  });
});

describe("the kernel's count of dropped datagrams", () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1139: 0100007F:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5437 2 0000000000000000 412
`;

  it("is the last column of our port's line", () => {
    expect(kernelDrops(8125, false, table)).toBe(412);
  });

  it("is unknown when there is no such line", () => {
    expect(kernelDrops(8126, false, table)).toBeNull();
  });
});
