/** An exported month of reports: a report a line, gzipped or not. */

import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { ReportEvidence } from "@submeter/shared/evidence/verify-report";

type Line = Omit<ReportEvidence, "body" | "receipt" | "receiptProof"> & {
  readonly body: string | null;
  readonly body_base64?: string;
  readonly receipt: string;
  readonly receipt_proof: ReportEvidence["receiptProof"];
};

/** Line by line. Throws `file_unreadable`, `report_file_malformed`. */
export async function* readReportFile(path: string): AsyncGenerator<ReportEvidence> {
  const packed = await isGzipped(path);
  const source = createReadStream(path);
  const input = packed ? source.pipe(createGunzip()) : source;
  let at = 0;
  for await (const text of createInterface({ input })) {
    at += 1;
    yield evidenceOf(text, path, at);
  }
}

async function isGzipped(path: string): Promise<boolean> {
  const file = await open(path).catch((cause: unknown) => {
    throw new SubmeterError(
      "file_unreadable",
      `${path} cannot be read: ${(cause as Error).message}`,
      "check the path and that you may read it",
      { cause },
    );
  });
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function evidenceOf(text: string, path: string, at: number): ReportEvidence {
  try {
    const line = JSON.parse(text) as Line;
    const { body, body_base64: bytes } = line;
    const base64 = bytes === undefined ? null : Buffer.from(bytes, "base64");
    return {
      ...line,
      body: body === null ? base64 : Buffer.from(body),
      receipt: Buffer.from(line.receipt),
      receiptProof: line.receipt_proof,
    };
  } catch (cause) {
    throw new SubmeterError(
      "report_file_malformed",
      `line ${at} of ${path} is no report`,
      "give a file that `submeter-collector evidence-export` wrote, as it was written",
      { cause },
    );
  }
}
