/** Bundles: many signed reports, a line each, and their answers in the same shape. Pure over lines. */

import type { SignatureHeaders } from "./document.ts";
import { parseStrictJson } from "./strict-json.ts";

export const bundleMediaType = "application/vnd.submeter.bundle+ndjson";
export const bundleLinesMax = 1000;
/** After inflation, line ends included. */
export const bundleBytesMax = 8 * 1024 * 1024;

export type BundleLine = { readonly headers: SignatureHeaders; readonly body: Uint8Array };

/** Headers of a signed answer are the three and perhaps `submeter-outcome`; of an unsigned one, its content-type. */
export type AnswerLine = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type MalformedLine = { kind: "malformed"; code: string; detail: string };
export type ReadBundleLine = { kind: "line"; line: BundleLine } | MalformedLine;
export type ReadAnswerLine = { kind: "answer"; answer: AnswerLine } | MalformedLine;

const reportHeaders = ["content-digest", "signature-input", "signature"] as const;
const headerNameGrammar = /^[a-z0-9-]{1,64}$/;
const headersMax = 16;

/** The line with its line feed. The body must be UTF-8, as every document is. */
export function encodeBundleLine(line: BundleLine): string {
  return `${JSON.stringify({ headers: orderedHeaders(line.headers), body: textOf(line.body) })}\n`;
}

export function encodeAnswerLine(answer: AnswerLine): string {
  const { status, headers, body } = answer;
  return `${JSON.stringify({ status, headers, body: textOf(body) })}\n`;
}

/** `bytes` is one line without its line feed. */
export function parseBundleLine(bytes: Uint8Array): ReadBundleLine {
  const read = readMembers(bytes, ["headers", "body"]);
  if (read.kind === "malformed") return read;
  const { headers, body } = read;
  const names = Object.keys(headers);
  if (
    names.length !== reportHeaders.length ||
    !reportHeaders.every((name) => Object.hasOwn(headers, name))
  ) {
    return malformed(`its headers must be exactly ${reportHeaders.join(", ")}`);
  }
  return { kind: "line", line: { headers: headers as SignatureHeaders, body } };
}

export function parseAnswerLine(bytes: Uint8Array): ReadAnswerLine {
  const read = readMembers(bytes, ["status", "headers", "body"]);
  if (read.kind === "malformed") return read;
  const { status, headers, body } = read;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 100 || status > 599) {
    return malformed("its status must be an HTTP status");
  }
  return { kind: "answer", answer: { status, headers, body } };
}

type Members = { status?: unknown; headers: Record<string, string>; body: Uint8Array };

function readMembers(
  bytes: Uint8Array,
  names: readonly string[],
): MalformedLine | ({ kind: "members" } & Members) {
  const json = parseStrictJson(bytes);
  if (json.kind === "malformed") return json;
  const { value } = json;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return malformed("it must be a JSON object");
  }
  const members = value as Record<string, unknown>;
  const present = Object.keys(members);
  if (present.length !== names.length || !names.every((name) => Object.hasOwn(members, name))) {
    return malformed(`its members must be exactly ${names.join(", ")}`);
  }
  const { headers, body, status } = members;
  if (typeof body !== "string" || !body.isWellFormed()) return malformed("its body must be text");
  if (!isHeaders(headers)) return malformed("its headers must be texts under lower-case names");
  return { kind: "members", status, headers, body: new TextEncoder().encode(body) };
}

function isHeaders(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= headersMax &&
    entries.every(([name, text]) => headerNameGrammar.test(name) && typeof text === "string")
  );
}

function orderedHeaders(headers: SignatureHeaders): SignatureHeaders {
  return {
    "content-digest": headers["content-digest"],
    "signature-input": headers["signature-input"],
    signature: headers.signature,
  };
}

function textOf(body: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
}

function malformed(detail: string): MalformedLine {
  return { kind: "malformed", code: "bundle_line_malformed", detail };
}
