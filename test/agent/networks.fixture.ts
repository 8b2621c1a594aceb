/** Networks between agent and collector: a server that ends TLS and may ask for a certificate, and an HTTP proxy. */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";

export const hasOpenssl = ((): boolean => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write(
      "SKIPPED, NOT PROVEN HERE: there is no openssl to make certificates with\n",
    );
    return false;
  }
})();

export type Certificates = {
  readonly authority: string;
  /** Of the host `collector.test`. */
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
};

/** A private authority with a certificate for the server and one for the agent; for tests alone, gone with the folder. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "submeter-certificates-"));
  const at = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(at(name), "utf8");
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  try {
    openssl(
      "req",
      "-x509",
      ...curve,
      "-subj",
      "/CN=test authority",
      "-days",
      "2",
      "-keyout",
      at("ca.key"),
      "-out",
      at("ca.pem"),
    );
    for (const [name, subject] of [
      ["server", "collector.test"],
      ["client", "acme-prod"],
    ] as const) {
      openssl(
        "req",
        ...curve,
        "-subj",
        `/CN=${subject}`,
        "-keyout",
        at(`${name}.key`),
        "-out",
        at(`${name}.csr`),
      );
      writeFileSync(at(`${name}.ext`), `subjectAltName=DNS:${subject}\n`);
      openssl(
        "x509",
        "-req",
        "-in",
        at(`${name}.csr`),
        "-CA",
        at("ca.pem"),
        "-CAkey",
        at("ca.key"),
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        at(`${name}.ext`),
        "-out",
        at(`${name}.pem`),
      );
    }
    return {
      authority: read("ca.pem"),
      server: { cert: read("server.pem"), key: read("server.key") },
      client: { certificate: read("client.pem"), key: read("client.key") },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ends TLS in front of the collector; `demands`: only for who shows a certificate of the authority. */
export async function tlsInFrontOf(
  collector: { url: string },
  certificates: Certificates,
  { demands }: { demands: boolean },
): Promise<{ port: number; seen: () => string[] }> {
  const subjects: string[] = [];
  const server = createTlsServer(
    {
      ...certificates.server,
      ca: certificates.authority,
      requestCert: demands,
      rejectUnauthorized: demands,
    },
    (socket) => {
      subjects.push(String(socket.getPeerCertificate().subject?.CN ?? "nobody"));
      bridge(socket, connect(Number(new URL(collector.url).port), "127.0.0.1"));
    },
  );
  server.on("tlsClientError", () => subjects.push("refused"));
  return { port: await listening(server), seen: () => subjects };
}

export type SeenByProxy = { line: string; authorization: string | undefined };

/**
 * A real HTTP proxy: CONNECT tunnels and absolute URLs, every host being this machine. It may ask for a password, and
 * remembers what it was asked and what it could read of it.
 */
export async function httpProxy(password: string | null = null): Promise<{
  port: number;
  seen: SeenByProxy[];
  /** Everything that went through in the clear. */
  passed: () => string;
}> {
  const seen: SeenByProxy[] = [];
  let passed = "";
  const isLetIn = (request: IncomingMessage): boolean => {
    const authorization = request.headers["proxy-authorization"];
    seen.push({ line: `${request.method} ${request.url}`, authorization });
    const expected = `Basic ${Buffer.from(password ?? "").toString("base64")}`;
    return password === null || authorization === expected;
  };
  const server = createServer((request, response) => {
    if (!isLetIn(request)) return void response.writeHead(407).end();
    const { port, pathname } = new URL(request.url ?? "");
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    const handOn = async (): Promise<void> => {
      const answer = await fetch(`http://127.0.0.1:${port}${pathname}`, {
        method: request.method ?? "GET",
        headers: Object.fromEntries(
          [
            "content-type",
            "content-encoding",
            "content-digest",
            "signature-input",
            "signature",
          ].flatMap((name) =>
            request.headers[name] === undefined ? [] : [[name, String(request.headers[name])]],
          ),
        ),
        body: Buffer.concat(parts),
      });
      const headers = Object.fromEntries(answer.headers);
      response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
    };
    request.on("end", () => void handOn());
  });
  server.on("connect", (request, socket: Socket, head) => {
    if (!isLetIn(request))
      return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const upstream = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1");
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    upstream.write(head);
    socket.on("data", (part: Buffer) => (passed += part.toString("latin1")));
    bridge(socket, upstream);
  });
  return { port: await listening(server), seen, passed: () => passed };
}

function bridge(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}
