import { describe, expect, it } from "vitest";
import { countText, durationText, sizeText } from "./wording.ts";

describe("wording", () => {
  it.each([
    [0, "0 s"],
    [59.6, "1 min"],
    [61, "1 min 1 s"],
    [3600, "1 h"],
    [7320, "2 h 2 min"],
    [71.5 * 3600, "71 h 30 min"],
    [100 * 3600, "4 d 4 h"],
    [-5, "0 s"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it.each([
    [812, "812 bytes"],
    [3400, "3.4 kB"],
    [1_234_567, "1.2 MB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it("counts one of a thing and many", () => {
    expect([countText(1, "report"), countText(2000, "report")]).toEqual([
      "1 report",
      "2,000 reports",
    ]);
  });
});
