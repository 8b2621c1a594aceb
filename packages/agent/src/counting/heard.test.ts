import { describe, expect, it } from "vitest";
import { Heard, splitHeard } from "./heard.ts";

const hour = 3600;

describe("a source that is heard", () => {
  it("leaves one interval an hour, from its first to its last word", () => {
    const heard = new Heard([]);
    const first = heard.words(["product"], 10);
    heard.fold(first);
    const again = heard.words(["product"], 10);
    const later = heard.words(["product"], 100);
    heard.fold(later);
    const nextHour = heard.words(["product"], hour + 5);

    expect({ first, again, later, nextHour }).toEqual({
      first: [{ source: "product", from: 10, to: 11 }],
      again: [],
      later: [{ source: "product", from: 10, to: 101 }],
      nextHour: [{ source: "product", from: hour + 5, to: hour + 6 }],
    });
  });

  it("is known by its last word, also across reports", () => {
    const heard = new Heard([{ source: "before", from: 10, to: 21 }]);
    heard.fold(heard.words(["product"], 40));
    heard.replace([]);
    expect(["before", "product", "never"].map((source) => heard.lastAt(source))).toEqual([
      20,
      40,
      null,
    ]);
  });

  it("is cut at the second of a seal; the word of that second goes into the next report", () => {
    expect(splitHeard([{ source: "product", from: 10, to: 21 }], 20)).toEqual({
      before: [{ source: "product", from: 10, to: 20 }],
      after: [{ source: "product", from: 20, to: 21 }],
    });
  });
});
