/** A place where something of the agent listens: a TCP address or a Unix socket's file. */

import { once } from "node:events";
import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { type AddressInfo, type Server, createConnection } from "node:net";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { ListenAddress } from "../listen-address.ts";

export type Place =
  | ({ readonly kind: "tcp" } & ListenAddress)
  | { readonly kind: "socket"; readonly path: string };

/** The agent's user and group may write to it. */
const socketMode = 0o660;

export function placeText(place: Place): string {
  return place.kind === "tcp" ? `${place.host}:${place.port}` : place.path;
}

/** Resolves with the port when it listens; null for a socket's file. Throws `listen_failed`. */
export async function startListening(server: Server, place: Place): Promise<number | null> {
  try {
    if (place.kind === "socket") await removeLeftSocket(place.path);
    const listens = once(server, "listening");
    if (place.kind === "tcp") server.listen(place.port, place.host);
    else server.listen(place.path);
    await listens;
    // A connection that cannot be accepted (no file descriptor is left) is not the end of the others.
    server.on("error", () => {});
    if (place.kind === "socket") {
      chmodSync(place.path, socketMode);
      return null;
    }
    return (server.address() as AddressInfo).port;
  } catch (error) {
    throw listenError(placeText(place), error);
  }
}

/** Also for what is no `net.Server`. */
export function listenError(place: string, error: unknown): SubmeterError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new SubmeterError(
    "listen_failed",
    `the agent cannot listen on ${place} (${code ?? message})`,
    "stop what listens there, or choose another address",
    { cause: error },
  );
}

/** A process that was killed leaves its socket's file; one that somebody still answers on is left alone. */
export async function removeLeftSocket(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isSocket()) return;
  } catch {
    return;
  }
  const probe = createConnection(path);
  try {
    await once(probe, "connect");
  } catch {
    unlinkSync(path);
  } finally {
    probe.destroy();
  }
}
