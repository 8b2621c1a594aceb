/** Where the collector is and who asks: from flags and environment, checked before anything is sent. */

import { readFileSync } from "node:fs";

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

import { CommandLineError } from "./command-line-error.ts";

export type Connection = {
  /** Base address; paths such as `api/v1/fleet` lie under it. */
  readonly base: URL;
  readonly token: string;
  /** PEM of a private certificate authority, trusted besides the system's own. */
  readonly certificateAuthority: string | null;
};

export type ConnectionFlags = {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
};

export type Environment = Readonly<Record<string, string | undefined>>;

const loopback = new Set(["127.0.0.1", "[::1]", "localhost"]);
/** A header's value cannot hold anything else; the text itself is never shown. */
const tokenGrammar = /^[\x21-\x7e]+$/;

/** Flags go before the environment. Throws `CommandLineError` or `SubmeterError` with the next step. */
export function readConnection(flags: ConnectionFlags, environment: Environment): Connection {
  const base = baseAddress(flags.url ?? environment["SUBMETER_URL"]);
  const caFile = flags.caFile ?? environment["SUBMETER_CA_FILE"];
  return {
    base,
    token: readToken(flags.tokenFile ?? environment["SUBMETER_TOKEN_FILE"], environment),
    certificateAuthority: caFile === undefined ? null : readText(caFile, "certificate authority"),
  };
}

/** The address only, for what needs no token. Throws as {@link readConnection} does. */
export function baseAddress(text: string | undefined): URL {
  if (text === undefined || text === "") {
    throw new CommandLineError(
      "collector_address_missing",
      "it is not known where the collector is",
      "set SUBMETER_URL to its address, such as https://collector.example.com, or pass --url",
    );
  }
  const base = tryAddress(text);
  if (base.protocol === "http:" && !loopback.has(base.hostname)) {
    throw new CommandLineError(
      "plain_http_refused",
      `${base.origin} would receive the operator token unencrypted`,
      "use https://; plain http:// is for this machine only (127.0.0.1)",
    );
  }
  return base;
}

function tryAddress(text: string): URL {
  const address = URL.canParse(text) ? new URL(text) : null;
  if (address === null || !["http:", "https:"].includes(address.protocol)) {
    throw new CommandLineError(
      "collector_address_malformed",
      `${JSON.stringify(text)} is no address`,
      "write it with its scheme, such as https://collector.example.com",
    );
  }
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  return address;
}

function readToken(file: string | undefined, environment: Environment): string {
  const token = (
    file === undefined ? (environment["SUBMETER_TOKEN"] ?? "") : readText(file, "operator token")
  ).trim();
  if (token === "") {
    throw new CommandLineError(
      "token_missing",
      file === undefined ? "no operator token is given" : `${file} holds no operator token`,
      "put it into a file that only you can read and pass --token-file FILE, or set SUBMETER_TOKEN; `submeter-collector init` prints the first one, once",
    );
  }
  if (!tokenGrammar.test(token)) {
    throw new CommandLineError(
      "token_malformed",
      "the operator token holds characters that no token has",
      "copy it again, whole and on one line: it begins with sop_",
    );
  }
  return token;
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SubmeterError(
      "file_unreadable",
      `the ${what} cannot be read from ${file}: ${(cause as Error).message}`,
      "check the path and that you may read it",
      { cause },
    );
  }
}
