/** The published schemas are those that check, and the plans of the project hold under them. */

import { readdirSync, readFileSync } from "node:fs";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { golden } from "../golden.fixture.ts";
import { checkPlan } from "./check-plan.ts";
import { contractJsonSchema, planJsonSchema } from "./json-schema.ts";

const plans = new URL("../../../../plans/", import.meta.url);
const names = readdirSync(plans, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".json"),
);

describe("the published JSON Schemas", () => {
  test.each([
    { name: "plan", schema: planJsonSchema() },
    { name: "contract", schema: contractJsonSchema() },
  ])("docs/schemas: that of a $name is what the source says", ({ name, schema }) => {
    const made = `${JSON.stringify(schema, null, 2)}\n`;
    const path = `../../../../docs/schemas/${name}.json`;
    expect(JSON.parse(golden(import.meta.url, path, made))).toEqual(JSON.parse(made));
  });

  test.each(names)("plans/%s holds under the published schema and the rules behind it", (name) => {
    const plan: unknown = JSON.parse(readFileSync(new URL(name, plans), "utf8"));
    const published: unknown = JSON.parse(
      readFileSync(new URL("../../../../docs/schemas/plan.json", import.meta.url), "utf8"),
    );
    expect(Compile(published as Parameters<typeof Compile>[0]).Check(plan)).toBe(true);
    expect(checkPlan(plan).kind).toBe("plan");
  });
});
