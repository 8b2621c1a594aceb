import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { noProxy, proxyFor, readNetwork } from "./network.ts";

const folder = mkdtempSync(join(tmpdir(), "submeter-network-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const pem = join(folder, "client.pem");
writeFileSync(pem, "PEM");

describe("the way to the vendor", () => {
  it("is direct, by the public authorities, unless something is set", () => {
    expect(readNetwork({ HTTPS_PROXY: " " }, {})).toEqual({
      certificateAuthority: null,
      clientCertificate: null,
      proxy: noProxy,
    });
  });

  it("goes by the customary variables, of which the lower-case name goes first", () => {
    const { proxy } = readNetwork(
      {
        HTTPS_PROXY: "http://upper:3128",
        https_proxy: "http://lower:3128",
        HTTP_PROXY: "proxy:8080",
        NO_PROXY: "localhost, .internal",
      },
      {},
    );
    expect(proxy).toEqual({
      https: "http://lower:3128/",
      http: "http://proxy:8080/",
      except: "localhost, .internal",
    });
    expect(proxyFor(new URL("https://usage.example.com"), proxy)).toBe("lower:3128");
    expect(proxyFor(new URL("http://usage.example.com"), proxy)).toBe("proxy:8080");
  });

  it("shows a certificate with its key, or neither", () => {
    const both = { TELEMETRY_CLIENT_CERT_FILE: pem, TELEMETRY_CLIENT_KEY_FILE: pem };
    expect(readNetwork(both, {}).clientCertificate).toEqual({ certificate: "PEM", key: "PEM" });
    for (const name of Object.keys(both)) {
      expect(() => readNetwork({ [name]: pem }, {})).toThrow(
        expect.objectContaining({ code: "setting_missing" }),
      );
    }
  });

  it.each(["socks5://user:hunter2@proxy:1080", "http://", "http://:hunter2"])(
    "refuses a proxy that is none, and does not repeat its password: %s",
    (text) => {
      const refused = (): unknown => readNetwork({ HTTPS_PROXY: text }, {});
      expect(refused).toThrow(expect.objectContaining({ code: "proxy_malformed" }));
      expect(refused).not.toThrow("hunter2");
    },
  );
});
