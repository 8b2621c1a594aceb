import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { golden } from "@submeter/shared/golden.fixture";
import { formatKey } from "@submeter/shared/wire/key";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { init } from "./init.ts";
import type { CommandIo } from "./io.ts";

let folder: string;
let printed: string;
const io: CommandIo = {
  out: (text) => {
    printed += text;
  },
  error: () => {},
  isWatched: false,
  isColoured: false,
};
const options = { ways: true, force: false, json: false };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "submeter-init-"));
  printed = "";
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("the first configuration", () => {
  it("is as it was approved, and says what to do next", () => {
    expect(init({ ...options, directory: folder }, io)).toBe(0);
    const environment = readFileSync(join(folder, "submeter-agent.env"), "utf8");
    const text = `${printed}\n${environment}`.replaceAll(folder, "/etc/submeter");
    expect(text).toBe(golden(import.meta.url, "./golden/init.txt", text));
  });

  it("can be used as soon as endpoint and key are filled in", () => {
    init({ ...options, directory: folder }, io);
    const environment = parseEnv(readFileSync(join(folder, "submeter-agent.env"), "utf8"));
    const given = {
      TELEMETRY_ENDPOINT: "https://usage.example.com",
      TELEMETRY_HMAC_KEY: formatKey("acme-prod", "1", new Uint8Array(32).fill(9)),
    };
    expect(() => readConfig(environment, {})).toThrow(
      expect.objectContaining({ code: "setting_missing" }),
    );
    const config = readConfig({ ...environment, ...given }, {});
    expect(config.stateDirectory).toBe(join(folder, "state"));
    expect(config.meters.meters.has("requests")).toBe(true);
    expect(config.ways?.names.get("http.server.requests")).toBe("requests");
  });

  it("is for the owner alone where the key will stand, also over a file that was not", () => {
    const path = join(folder, "submeter-agent.env");
    writeFileSync(path, "", { mode: 0o644 });
    init({ ...options, force: true, directory: folder }, io);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("writes over nothing that is there, not even in part, unless it is told to", () => {
    writeFileSync(join(folder, "meters.json"), "mine");
    expect(() => init({ ...options, directory: folder }, io)).toThrow(
      expect.objectContaining({ code: "file_exists" }),
    );
    expect(() => statSync(join(folder, "submeter-agent.env"))).toThrow("ENOENT");
    expect(readFileSync(join(folder, "meters.json"), "utf8")).toBe("mine");
    init({ ...options, force: true, directory: folder }, io);
    expect(readFileSync(join(folder, "meters.json"), "utf8")).toContain("requests");
  });
});
