/** What goes out to the collector: a hello, a report, or many in a bundle, each signed as it leaves. */

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Instant, formatInstant } from "@submeter/shared/time/instant";
import { bundleMediaType, encodeBundleLine } from "@submeter/shared/wire/bundle";
import { contentDigest } from "@submeter/shared/wire/digest";
import {
  type SignatureHeaders,
  joinSignatures,
  signDocument,
  signSub,
} from "@submeter/shared/wire/document";
import { encodeHello } from "@submeter/shared/wire/hello";
import type { HmacKey } from "@submeter/shared/wire/key";
import type { SealedReport } from "../journal/reports-table.ts";

export type Message = {
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
};

/** Half of what a bundle may weigh inflated. */
const bundleTextBytesMax = 4 * 1024 * 1024;
const compress = promisify(gzip);

export function helloMessage(key: HmacKey, journal: string, now: Instant): Message {
  const { installation } = key;
  const body = encodeHello({ version: 1, installation, journal, sent_at: formatInstant(now) });
  const signatures = signDocument({ body, tag: "submeter-hello", created: now, key });
  return { headers: { ...signatures, "content-type": "application/json" }, body };
}

export function reportMessage(key: HmacKey, report: SealedReport, now: Instant): Message {
  const headers = { ...sign(key, report, now), "content-type": "application/json" };
  return { headers, body: report.body };
}

/** As many of the reports as fit, at least one; `sent` are those. */
export async function bundleMessage(
  key: HmacKey,
  reports: Iterable<SealedReport>,
  now: Instant,
): Promise<Message & { readonly sent: readonly SealedReport[] }> {
  const sent: SealedReport[] = [];
  const lines: Buffer[] = [];
  let bytes = 0;
  for (const report of reports) {
    const line = encodeBundleLine({ headers: sign(key, report, now), body: report.body });
    const encoded = Buffer.from(line);
    if (sent.length > 0 && bytes + encoded.length > bundleTextBytesMax) break;
    sent.push(report);
    lines.push(encoded);
    bytes += encoded.length;
  }
  const headers = { "content-type": bundleMediaType, "content-encoding": "gzip" };
  return { headers, body: await compress(Buffer.concat(lines)), sent };
}

/** The envelope is made anew each time: after a rotation, what waits goes out under the new key. */
function sign(key: HmacKey, report: SealedReport, created: Instant): SignatureHeaders {
  const digest = contentDigest(report.body);
  const sub = signSub({ digest, tag: "submeter-report", created, key });
  return joinSignatures(digest, report.proof === null ? [sub] : [sub, report.proof]);
}
