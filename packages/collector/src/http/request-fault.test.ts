import { expect, test } from "vitest";
import { labelPattern, uuidPattern } from "@submeter/shared/wire/names";
import { requestFault } from "./request-fault.ts";

test.each([
  ["required", { missingProperty: "id" }, "/at/id", "is missing"],
  ["additionalProperties", { additionalProperty: "nmae" }, "/at/nmae", "is not known here"],
  ["enum", { allowedValues: ["owner", "billing"] }, "/at", "is none of owner, billing"],
  ["type", { type: "string" }, "/at", "is no string"],
  ["minLength", { limit: 1 }, "/at", "is empty"],
  ["minLength", { limit: 10 }, "/at", "is shorter than 10"],
  ["maxLength", { limit: 63 }, "/at", "is longer than 63"],
  ["pattern", { pattern: uuidPattern }, "/at", "is no UUID"],
  [
    "pattern",
    { pattern: labelPattern },
    "/at",
    "is no name: small letters, digits and dashes, up to 63 of them",
  ],
  ["pattern", { pattern: "^a$" }, "/at", "does not match ^a$"],
  ["minimum", { limit: 1 }, "/at", "must be >= 1"],
])("a fault of %s %j is told as %s %s", (keyword, params, path, detail) => {
  const fault = { instancePath: "/at", keyword, params, message: "must be >= 1" };
  expect(requestFault(fault)).toEqual({ path, detail });
});
