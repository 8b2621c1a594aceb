import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { formatKey } from "@submeter/shared/wire/key";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { readListen, urlOf } from "./listen-address.ts";
import type { Environment, Flags } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "submeter-config-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const key = formatKey("acme-prod", "1", new Uint8Array(32).fill(9));
const meters = file(
  "meters.json",
  '{"version":1,"meters":[{"name":"requests","unit":"request","aggregation":"sum"}]}',
);
const given: Environment = {
  TELEMETRY_ENDPOINT: "https://usage.example.com/base/ingest",
  TELEMETRY_HMAC_KEY: key,
  SUBMETER_METERS: meters,
};

function refusalOf(environment: Environment): SubmeterError {
  try {
    readConfig(environment, {});
  } catch (error) {
    if (error instanceof SubmeterError) return error;
  }
  throw new Error("it was taken");
}

describe("the configuration", () => {
  it("has defaults for all but endpoint, key and meters", () => {
    const config = readConfig(given, {});
    expect(config.endpoint.state.href).toBe("https://usage.example.com/base/state");
    expect(config).toMatchObject({
      key: { installation: "acme-prod", keyId: "acme-prod.1" },
      intervalSeconds: 3600,
      commitDelayMs: 0,
      listen: { host: "127.0.0.1", port: 7070 },
      stateDirectory: "/var/lib/submeter-agent",
    });
  });

  it("takes values from files, without their line end", () => {
    const { TELEMETRY_HMAC_KEY: _, ...rest } = given;
    const config = readConfig(
      {
        ...rest,
        TELEMETRY_HMAC_KEY_FILE: file("key", `${key}\n`),
        TELEMETRY_INTERVAL_SECONDS_FILE: file("interval", "600\n"),
      },
      {},
    );
    expect(config).toMatchObject({ key: { keyId: "acme-prod.1" }, intervalSeconds: 600 });
  });

  it("prefers a flag to the environment", () => {
    expect(
      readConfig(
        { ...given, TELEMETRY_INTERVAL_SECONDS: "60" },
        { TELEMETRY_INTERVAL_SECONDS: "90" },
      ),
    ).toMatchObject({ intervalSeconds: 90 });
  });

  it.each([
    { change: { TELEMETRY_ENDPOINT: undefined }, code: "setting_missing" },
    { change: { TELEMETRY_ENDPOINT: " " }, code: "setting_missing" },
    { change: { TELEMETRY_ENDPOINT: "usage.example.com" }, code: "endpoint_malformed" },
    { change: { TELEMETRY_HMAC_KEY: undefined }, code: "setting_missing" },
    { change: { TELEMETRY_HMAC_KEY: `${key}x` }, code: "key_malformed" },
    { change: { TELEMETRY_HMAC_KEY_FILE: "/nowhere" }, code: "setting_ambiguous" },
    {
      change: { TELEMETRY_ENDPOINT: undefined, TELEMETRY_ENDPOINT_FILE: "/nowhere" },
      code: "file_unreadable",
    },
    { change: { TELEMETRY_INTERVAL_SECONDS: "9" }, code: "interval_malformed" },
    { change: { TELEMETRY_INTERVAL_SECONDS: "86401" }, code: "interval_malformed" },
    { change: { TELEMETRY_INTERVAL_SECONDS: "1e3" }, code: "interval_malformed" },
    { change: { TELEMETRY_INTERVAL_SECONDS: "hourly" }, code: "interval_malformed" },
    { change: { SUBMETER_COMMIT_DELAY_MS: "101" }, code: "commit_delay_malformed" },
    { change: { SUBMETER_COMMIT_DELAY_MS: "1.5" }, code: "commit_delay_malformed" },
    { change: { SUBMETER_METERS: "/nowhere" }, code: "file_unreadable" },
    {
      change: { SUBMETER_METERS: file("bad.json", '{"version":1,"meters":[{}]}') },
      code: "meters_malformed",
    },
    { change: { SUBMETER_AGENT_LISTEN: "7070x" }, code: "listen_malformed" },
    { change: { SUBMETER_AGENT_LISTEN: "127.0.0.1:70700" }, code: "listen_malformed" },
    { change: { SUBMETER_AGENT_LISTEN: "0.0.0.0:7070" }, code: "listen_not_loopback" },
    { change: { SUBMETER_AGENT_LISTEN: "[::]:7070" }, code: "listen_not_loopback" },
    { change: { TELEMETRY_CA_FILE: "/nowhere" }, code: "file_unreadable" },
  ] as { change: Environment; code: string }[])(
    "refuses $change with $code, and never repeats the key",
    ({ change, code }) => {
      const error = refusalOf({ ...given, ...change });
      expect(error).toMatchObject({ code, hint: expect.stringMatching(/./) });
      expect(`${error.message} ${error.hint}`).not.toContain(key.slice(-49, -6));
    },
  );

  it.each([
    { given: "7070", outcome: "http://127.0.0.1:7070" },
    { given: "localhost:80", outcome: "http://localhost:80" },
    { given: "127.8.8.8:80", outcome: "http://127.8.8.8:80" },
    { given: "[::1]:80", outcome: "http://[::1]:80" },
  ])("listens on $outcome given $given", ({ given: listen, outcome }) => {
    const flags: Flags = { SUBMETER_AGENT_LISTEN: listen };
    expect(urlOf(readListen({}, flags))).toBe(outcome);
  });
});
