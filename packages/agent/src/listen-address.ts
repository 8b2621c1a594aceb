/** Where the agent listens: on loopback, for programs of this machine alone, unless a token says who may speak to it. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Environment, type Flags, readSetting } from "./settings.ts";

export type ListenAddress = { readonly host: string; readonly port: number };

export const listenDefault = "127.0.0.1:7070";

/** 16 characters of a random text are more than anybody guesses over a network. */
const tokenGrammar = /^[\x21-\x7e]{16,256}$/;

/** Where the agent listens: all that its other commands need to know. Throws `listen_malformed`, `listen_not_loopback`. */
export function readListen(environment: Environment, flags: Flags): ListenAddress {
  const text = readSetting("SUBMETER_AGENT_LISTEN", environment, flags) ?? listenDefault;
  const hasToken = readToken(environment, flags) !== null;
  return parseListen(text, "SUBMETER_AGENT_LISTEN", hasToken);
}

/** What every request has to bring; null when none is asked for. Throws `token_malformed`, which never repeats it. */
export function readToken(environment: Environment, flags: Flags): string | null {
  const token = readSetting("SUBMETER_AGENT_TOKEN", environment, flags);
  if (token === undefined || tokenGrammar.test(token)) return token ?? null;
  throw new SubmeterError(
    "token_malformed",
    "SUBMETER_AGENT_TOKEN is no text of 16 to 256 printable characters without blanks",
    "make one, such as with `openssl rand -hex 16`",
  );
}

/** `host:port` or `port`; `setting` is named in the errors. */
export function parseListen(text: string, setting: string, mayBeReached: boolean): ListenAddress {
  const match = /^(?:(\[[0-9a-fA-F:]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new SubmeterError(
      "listen_malformed",
      `${setting} is ${JSON.stringify(text)}, which is no address`,
      `write host and port, such as ${listenDefault}`,
    );
  }
  const host = (match[1] ?? "127.0.0.1").replaceAll(/[[\]]/g, "");
  if (
    !mayBeReached &&
    host !== "localhost" &&
    host !== "::1" &&
    !/^127(\.\d{1,3}){3}$/.test(host)
  ) {
    throw new SubmeterError(
      "listen_not_loopback",
      `${setting} is ${JSON.stringify(text)}, which other machines can reach`,
      `listen on loopback (${listenDefault}), or ask for a token (SUBMETER_AGENT_TOKEN)`,
    );
  }
  return { host, port };
}

/** `http://127.0.0.1:7070` */
export function urlOf({ host, port }: ListenAddress): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
