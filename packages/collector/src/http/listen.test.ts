import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { pino } from "pino";
import { movableClock } from "../dev/movable-clock.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { listen } from "./listen.ts";
import { healthRoutes } from "./routes/health.ts";
import { buildServer, type ServerOptions } from "./server.ts";

async function built(tls?: ServerOptions["tls"]) {
  const database = await freshDatabase();
  onTestFinished(() => database.close());
  const server = await buildServer({
    database,
    clock: movableClock(0),
    logger: pino({ level: "silent" }),
    ...(tls && { tls }),
    openRoutes: [healthRoutes({ database, isDraining: () => false })],
    apiRoutes: [],
    otherRoutes: [],
  });
  onTestFinished(() => server.close());
  return server;
}

/** A certificate made for this test alone. */
function certificate(): { cert: Buffer; key: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "submeter-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const args = [
    "req",
    "-x509",
    ...curve,
    "-nodes",
    "-days",
    "2",
    ...subject,
    "-keyout",
    key,
    "-out",
    cert,
  ];
  execFileSync("openssl", args, { stdio: "ignore" });
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

const hasOpenssl = (() => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn(
      "SKIPPED, NOT PROVEN HERE: there is no openssl to make a certificate for HTTPS with",
    );
    return false;
  }
})();

describe("the server", () => {
  test.each(["0.0.0.0", "::", "192.0.2.1", "example.com"])(
    "does not open plain HTTP to the network on %s",
    async (host) => {
      const o = { host, port: 0, encrypted: false, behindTlsProxy: false };
      await expect(listen(await built(), o)).rejects.toMatchObject({ code: "tls_required" });
    },
  );

  test("does so when a proxy ends TLS in front of it", async () => {
    const o = { host: "0.0.0.0", port: 0, encrypted: false, behindTlsProxy: true };
    expect(await listen(await built(), o)).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
  });

  test("says which port is taken", async () => {
    const o = { host: "127.0.0.1", port: 0, encrypted: false, behindTlsProxy: false };
    const url = await listen(await built(), o);
    const port = Number(new URL(url).port);
    await expect(listen(await built(), { ...o, port })).rejects.toMatchObject({
      code: "listen_failed",
    });
  });

  test.skipIf(!hasOpenssl)("speaks HTTPS with the certificate that it is given", async () => {
    const tls = certificate();
    const o = { host: "127.0.0.1", port: 0, encrypted: true, behindTlsProxy: false };
    const url = await listen(await built(tls), o);
    expect(url).toMatch(/^https:/);
    const asked = request(`${url}/healthz`, { ca: tls.cert });
    asked.end();
    const [response] = await once(asked, "response");
    response.resume();
    expect(response.statusCode).toBe(200);
  });
});
