/**
 * A month of signed bytes as files that outlive the database:
 *
 *     2026-01.reports.ndjson.gz    a report a line, as in the evidence of an invoice
 *     2026-01.manifest.json        what the file holds, with its digest
 *     2026-01.manifest.sig.json    the collector's signature over the manifest
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import type { ReportEvidence } from "@submeter/shared/evidence/verify-report";
import { verifyProof } from "@submeter/shared/wire/ed25519";
import type { lineOf } from "./report-lines.ts";

export const exportFormat = "submeter-reports-1";

export type ExportManifest = {
  readonly format: typeof exportFormat;
  readonly collector: string;
  /** `2026-01`: recorded in this month, UTC. */
  readonly month: string;
  readonly made_at: string;
  readonly file: string;
  readonly reports: number;
  readonly bytes: number;
  readonly sha256: string;
};

export type ReportLine = ReturnType<typeof lineOf> & { readonly body_base64?: string };

export function exportPaths(folder: string, month: string) {
  const name = month.slice(0, 7);
  const file = `${name}.reports.ndjson.gz`;
  return {
    file,
    reports: join(folder, file),
    manifest: join(folder, `${name}.manifest.json`),
    signature: join(folder, `${name}.manifest.sig.json`),
  };
}

/** Null when the manifest is not there; a `fault` when it is not what the collector signed. */
export async function readManifest(
  folder: string,
  month: string,
  collectorKeys: ReadonlySet<string> | null,
): Promise<{ manifest: ExportManifest } | { fault: string } | null> {
  const paths = exportPaths(folder, month);
  const bytes = await readFile(paths.manifest).catch(() => null);
  const seal = await readFile(paths.signature, "utf8").catch(() => null);
  if (bytes === null || seal === null) return null;
  const { public_key: key, signature } = readSeal(seal);
  const signed = Buffer.concat([Buffer.from("submeter-evidence\n"), bytes]);
  const known = collectorKeys === null || collectorKeys.has(key ?? "");
  if (!known || !verifyProof(key ?? "", signed, Buffer.from(signature ?? "", "base64"))) {
    return { fault: `${paths.manifest} was not signed by this collector` };
  }
  const manifest = JSON.parse(bytes.toString("utf8")) as ExportManifest;
  return manifest.format === exportFormat
    ? { manifest }
    : { fault: `${paths.manifest} has another format` };
}

/** Of what is no seal nothing, which no signature fits. */
function readSeal(text: string): { public_key?: string; signature?: string } {
  try {
    const read = JSON.parse(text) as unknown;
    return typeof read === "object" && read !== null ? read : {};
  } catch {
    return {};
  }
}

/** Whether the file is, byte for byte, the one that the manifest names. */
export async function fileFits(path: string, manifest: ExportManifest): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found?.size !== manifest.bytes) return false;
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest("hex") === manifest.sha256;
}

/** Report by report: a month need not fit into memory. */
export async function* readExport(path: string): AsyncGenerator<ReportLine> {
  const source = createReadStream(path);
  const unpacked = createGunzip();
  source.on("error", (error) => unpacked.destroy(error));
  source.pipe(unpacked);
  let rest = "";
  unpacked.setEncoding("utf8");
  for await (const chunk of unpacked as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as ReportLine;
  }
}

export function evidenceOf(line: ReportLine): ReportEvidence {
  const { body, body_base64: bytes } = line;
  return {
    ...line,
    body:
      body !== null ? Buffer.from(body) : bytes === undefined ? null : Buffer.from(bytes, "base64"),
    receipt: Buffer.from(line.receipt),
    receiptProof: line.receipt_proof,
  };
}
