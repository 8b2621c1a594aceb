/** A wire with a tap: loopback TCP that passes everything on, until a chosen chunk makes something happen instead. */

import { createConnection, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** `request`: the bytes are passed on first. `answer`: the bytes never arrive. */
export type TapPoint = "request" | "answer";

export type Tap = {
  readonly port: number;
  /** At the `count`-th chunk of that direction from now on, `act` runs and every connection is cut. */
  at(point: TapPoint, count: number, act: () => void): void;
};

export async function openTap(targetPort: number): Promise<Tap> {
  const sockets = new Set<Socket>();
  let armed: { point: TapPoint; left: number; act: () => void } | null = null;

  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  /** Whether this chunk is the one that was waited for. */
  const strikes = (point: TapPoint): (() => void) | null => {
    if (armed === null || armed.point !== point) return null;
    armed.left -= 1;
    if (armed.left > 0) return null;
    const { act } = armed;
    armed = null;
    return act;
  };

  const server = createServer((near) => {
    const far = createConnection({ port: targetPort, host: "127.0.0.1" });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk) => {
      const act = strikes("request");
      if (act === null) return far.write(chunk);
      return far.write(chunk, () => {
        act();
        cutAll();
      });
    });
    far.on("data", (chunk) => {
      const act = strikes("answer");
      if (act === null) return near.write(chunk);
      act();
      return cutAll();
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(async () => {
    cutAll();
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    await closed.promise;
  });
  return {
    port: (server.address() as AddressInfo).port,
    at: (point, count, act) => {
      armed = { point, left: count, act };
    },
  };
}

/** A port that was free a moment ago; for programs that must come back on the port they had. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const opened = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", opened.resolve);
  await opened.promise;
  const { port } = server.address() as AddressInfo;
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  return port;
}
