/** The way to the vendor through somebody's network: a proxy, a private authority, a certificate of our own. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Environment, type Flags, readSetting, readText } from "./settings.ts";

/** PEM, both. */
export type ClientCertificate = { readonly certificate: string; readonly key: string };

/** URLs as the environment names them, which may hold a password. */
export type ProxySettings = {
  readonly https: string | null;
  readonly http: string | null;
  /** Hosts that are reached without one, as `NO_PROXY` lists them. */
  readonly except: string;
};

export type Network = {
  /** PEM of a private authority, trusted instead of the public ones; null for those. */
  readonly certificateAuthority: string | null;
  readonly clientCertificate?: ClientCertificate | null;
  readonly proxy?: ProxySettings;
};

export const noProxy: ProxySettings = { https: null, http: null, except: "" };

/** Throws `setting_missing`, `file_unreadable`, `proxy_malformed`. */
export function readNetwork(environment: Environment, flags: Flags): Required<Network> {
  const authority = readSetting("TELEMETRY_CA_FILE", environment, flags);
  return {
    certificateAuthority: authority === undefined ? null : readText("TELEMETRY_CA_FILE", authority),
    clientCertificate: readClientCertificate(environment, flags),
    proxy: {
      https: readProxy("HTTPS_PROXY", environment),
      http: readProxy("HTTP_PROXY", environment),
      except: customary("NO_PROXY", environment) ?? "",
    },
  };
}

function readClientCertificate(environment: Environment, flags: Flags): ClientCertificate | null {
  const [certificateName, keyName] = [
    "TELEMETRY_CLIENT_CERT_FILE",
    "TELEMETRY_CLIENT_KEY_FILE",
  ] as const;
  const certificate = readSetting(certificateName, environment, flags);
  const key = readSetting(keyName, environment, flags);
  if (certificate === undefined && key === undefined) return null;
  if (certificate === undefined || key === undefined) {
    throw new SubmeterError(
      "setting_missing",
      `${certificate === undefined ? certificateName : keyName} is not set`,
      "a client certificate is presented with its key: set both files, or neither",
    );
  }
  return { certificate: readText(certificateName, certificate), key: readText(keyName, key) };
}

function readProxy(name: "HTTPS_PROXY" | "HTTP_PROXY", environment: Environment): string | null {
  const text = customary(name, environment);
  if (text === undefined) return null;
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "") return url.href;
  throw new SubmeterError(
    "proxy_malformed",
    `${name} is no URL of an HTTP proxy`,
    "write it as http://host:port, with user:password@ before the host if it asks for them",
  );
}

/** By old custom the lower-case name goes first. */
function customary(name: string, environment: Environment): string | undefined {
  const value = environment[name.toLowerCase()] ?? environment[name];
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

/** The proxy that an endpoint is reached through, if `except` does not say otherwise; without its password. */
export function proxyFor(endpoint: URL, { https, http }: ProxySettings): string | null {
  const proxy = endpoint.protocol === "https:" ? https : http;
  return proxy === null ? null : new URL(proxy).host;
}
