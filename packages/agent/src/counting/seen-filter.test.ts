import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeenFilter, keyHash } from "./seen-filter.ts";

describe("the filter of seen ids", () => {
  it("never calls new what was added", () => {
    const forgets = fc.check(
      fc.property(fc.array(fc.string(), { maxLength: 5000 }), (keys) => {
        const filter = new SeenFilter();
        for (const key of keys) filter.add(keyHash(key));
        return keys.every((key) => filter.mayHave(keyHash(key)));
      }),
      { seed: 20_260_105, numRuns: 50 },
    );
    expect(forgets.counterexample).toBeNull();
  });

  it("raises few false alarms, also when it has grown", () => {
    const filter = new SeenFilter();
    for (let key = 0; key < 20_000; key += 1) filter.add(keyHash(`seen line ${key}`));
    let alarms = 0;
    for (let key = 0; key < 20_000; key += 1) {
      if (filter.mayHave(keyHash(`new line ${key}`))) alarms += 1;
    }
    expect(alarms).toBeLessThan(400);
  });
});
