import { describe, expect, test } from "vitest";
import { endpointPaths } from "./endpoint.ts";

test.each([
  ["https://usage.example.com", "https://usage.example.com/ingest"],
  ["https://usage.example.com/", "https://usage.example.com/ingest"],
  ["https://usage.example.com/ingest", "https://usage.example.com/ingest"],
  ["https://usage.example.com/ingest/", "https://usage.example.com/ingest"],
  ["https://example.com/v/usage", "https://example.com/v/usage/ingest"],
  ["https://example.com/v/usage/ingest", "https://example.com/v/usage/ingest"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080/ingest"],
  ["https://example.com/my-ingest", "https://example.com/my-ingest/ingest"],
])("%s sends to %s", (given, ingest) => {
  const paths = endpointPaths(given);
  expect(paths.ingest.href).toBe(ingest);
  expect(paths.state.href).toBe(ingest.replace(/ingest$/, "state"));
});

describe("is refused", () => {
  test.each([
    "",
    "usage.example.com",
    "ftp://example.com",
    "https://user:hunter2@example.com",
    "https://example.com/?key=hunter2",
    "https://example.com/#hunter2",
  ])("%s", (given) => {
    let thrown: unknown;
    try {
      endpointPaths(given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "endpoint_malformed" });
    expect(String(thrown)).not.toContain("hunter2");
  });
});
