import { expect, test } from "vitest";
import { problem, problemOf } from "./problem.ts";
import { SubmeterError } from "./submeter-error.ts";

test("a problem names its code, says what happened and what to do next", () => {
  expect(problem(429, "rate_limited", "too many requests", "wait for Retry-After")).toEqual({
    type: "urn:submeter:problem:rate_limited",
    title: "rate limited",
    status: 429,
    code: "rate_limited",
    detail: "too many requests",
    hint: "wait for Retry-After",
  });
});

test("further members are added, and cannot stand in for its own", () => {
  const made = problem(413, "too_large", "d", "h", { limit_bytes: 5, status: 200, code: "ok" });
  expect(made).toMatchObject({ status: 413, code: "too_large", limit_bytes: 5 });
});

test("an error becomes the problem that it describes, without its cause", () => {
  const error = new SubmeterError("a_code", "what", "do this", { cause: new Error("secret") });
  expect(problemOf(error, 500)).toMatchObject({ code: "a_code", detail: "what", hint: "do this" });
  expect(JSON.stringify(problemOf(error, 500))).not.toContain("secret");
});
