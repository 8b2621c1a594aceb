/** Where the collector is and who asks is known before anything is sent. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import { type Environment, readConnection } from "./connection.ts";

const folder = mkdtempSync(join(tmpdir(), "submeter-connection-"));
afterAll(() => rmSync(folder, { recursive: true }));
const tokenFile = join(folder, "token");
writeFileSync(tokenFile, "sop_from-a-file\n");

const token = "sop_test-token-of-nobody";

const refusals: { given: Environment; expected: string }[] = [
  { given: { SUBMETER_TOKEN: token }, expected: "collector_address_missing" },
  { given: { SUBMETER_URL: "", SUBMETER_TOKEN: token }, expected: "collector_address_missing" },
  {
    given: { SUBMETER_URL: "collector", SUBMETER_TOKEN: token },
    expected: "collector_address_malformed",
  },
  { given: { SUBMETER_URL: "ftp://c.example" }, expected: "collector_address_malformed" },
  {
    given: { SUBMETER_URL: "http://c.example", SUBMETER_TOKEN: token },
    expected: "plain_http_refused",
  },
  { given: { SUBMETER_URL: "https://c.example" }, expected: "token_missing" },
  {
    given: { SUBMETER_URL: "https://c.example", SUBMETER_TOKEN: "a b" },
    expected: "token_malformed",
  },
  {
    given: { SUBMETER_URL: "https://c.example", SUBMETER_TOKEN_FILE: join(folder, "absent") },
    expected: "file_unreadable",
  },
  {
    given: { SUBMETER_URL: "https://c.example", SUBMETER_TOKEN: token, SUBMETER_CA_FILE: folder },
    expected: "file_unreadable",
  },
];

describe("the connection", () => {
  test.each(refusals)("$expected", ({ given, expected }) => {
    expect(() => readConnection({}, given)).toThrow(expect.objectContaining({ code: expected }));
  });

  test("never tells the token", () => {
    const secret = "sop_secret with spaces";
    expect(() =>
      readConnection({}, { SUBMETER_URL: "https://c.example", SUBMETER_TOKEN: secret }),
    ).toThrow(expect.not.stringContaining("secret"));
  });

  test("flags go before the environment, and a file before the plain token", () => {
    const connection = readConnection(
      { url: "https://flag.example/below", tokenFile },
      { SUBMETER_URL: "https://environment.example", SUBMETER_TOKEN: token },
    );
    expect(connection.base.href).toBe("https://flag.example/below/");
    expect(connection.token).toBe("sop_from-a-file");
  });

  test.each(["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"])(
    "%s needs no TLS: it stays on this machine",
    (url) => {
      expect(readConnection({ url }, { SUBMETER_TOKEN: token }).base.protocol).toBe("http:");
    },
  );
});
