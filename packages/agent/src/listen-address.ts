/** Where the agent listens: on loopback, for programs of this machine alone. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Environment, type Flags, readSetting } from "./settings.ts";

export type ListenAddress = { readonly host: string; readonly port: number };

export const listenDefault = "127.0.0.1:7070";

/** Where the agent listens: all that its other commands need to know. Throws `listen_malformed`, `listen_not_loopback`. */
export function readListen(environment: Environment, flags: Flags): ListenAddress {
  const text = readSetting("SUBMETER_AGENT_LISTEN", environment, flags) ?? listenDefault;
  const match = /^(?:(\[[0-9a-fA-F:]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new SubmeterError(
      "listen_malformed",
      `SUBMETER_AGENT_LISTEN is ${JSON.stringify(text)}, which is no address`,
      `write host and port, such as ${listenDefault}`,
    );
  }
  const host = (match[1] ?? "127.0.0.1").replaceAll(/[[\]]/g, "");
  if (host !== "localhost" && host !== "::1" && !/^127(\.\d{1,3}){3}$/.test(host)) {
    throw new SubmeterError(
      "listen_not_loopback",
      `SUBMETER_AGENT_LISTEN is ${JSON.stringify(text)}, which other machines can reach`,
      `listen on loopback (${listenDefault}) and run one agent beside each product`,
    );
  }
  return { host, port };
}

/** `http://127.0.0.1:7070` */
export function urlOf({ host, port }: ListenAddress): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
