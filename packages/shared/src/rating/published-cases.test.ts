/** What others have published, through our public functions: an adapter that names them and computes nothing itself. */

import { readFileSync } from "node:fs";
import { expect, describe, test } from "vitest";
import { isRight, printedByErratum } from "./published-cases.fixture.ts";
import type { PublishedCase } from "./published-cases.fixture.ts";
import { modelOf, models } from "./published-models.fixture.ts";

const file =
  process.env["RATING_CASES"] ?? new URL("./published/rating-cases.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as readonly PublishedCase[];

describe("published cases", () => {
  test("each names a model that we know", () => {
    expect(cases.map(({ model }) => model).filter((model) => !(model in models))).toEqual([]);
  });

  test.each(cases)("$id ($model)", ({ model, inputs, expected }) => {
    expect(isRight(modelOf(model)(inputs), expected)).toEqual(expected);
  });

  test.each(cases.filter(({ status }) => status === "published-erratum"))(
    "$id: what its page prints does not come out",
    (one) => {
      const { printed, computed } = printedByErratum(one, modelOf(one.model)(one.inputs));
      expect(printed.length).toBeGreaterThan(0);
      expect(printed.filter((text) => computed.includes(text))).toEqual([]);
    },
  );
});
