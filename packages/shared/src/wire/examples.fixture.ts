/** One installation's documents with constant keys: what the golden files, the page and the tests are made from. */

import { parseInstant } from "../time/instant.ts";
import { encodeAnswerLine, encodeBundleLine } from "./bundle.ts";
import { contentDigest, digestHex } from "./digest.ts";
import { signDocument } from "./document.ts";
import type { SignatureHeaders, Tag } from "./document.ts";
import { proofSigner } from "./ed25519.ts";
import { encodeHello } from "./hello.ts";
import type { Hello } from "./hello.ts";
import { formatKey, parseKey } from "./key.ts";
import { encodeReceipt } from "./receipt.ts";
import type { Receipt } from "./receipt.ts";
import { encodeReport } from "./report.ts";
import type { Report } from "./report.ts";
import { encodeState } from "./state.ts";
import type { State } from "./state.ts";
import { sha256 } from "./sha256.ts";

const encoder = new TextEncoder();

/** SHA-256 of a sentence: obviously no secret, and the same for everybody who follows the page. */
function testSeed(sentence: string): Uint8Array {
  return sha256(encoder.encode(sentence));
}

export const seedSentences = {
  key: "submeter example: the HMAC key",
  journal: "submeter example: the journal's proof key",
  collector: "submeter example: the collector's proof key",
} as const;

export const exampleKeyText = formatKey("acme-prod", "1", testSeed(seedSentences.key));
export const exampleKey = parseKey(exampleKeyText);
export const journalSigner = proofSigner(testSeed(seedSentences.journal));
export const collectorSigner = proofSigner(testSeed(seedSentences.collector));
export const journalSeed = testSeed(seedSentences.journal);
export const collectorSeed = testSeed(seedSentences.collector);

const journal = "7d0c8f6e-3b1a-4c52-9e04-1f2a3b4c5d6e";

export const exampleReport: Report = {
  version: 1,
  installation: "acme-prod",
  journal,
  sequence: 1,
  previous: null,
  replaces: null,
  sealed_at: "2026-01-05T11:02:13Z",
  interval_seconds: 3600,
  final: false,
  agent: { version: "1.0.0", clock_skew_ms: 12, backlog: 0, disk_free_bytes: 21_474_836_480 },
  coverage: [["2026-01-05T10:00:07Z", "2026-01-05T11:02:13Z"]],
  sources: [{ name: "product", heard: [["2026-01-05T10:00:07Z", "2026-01-05T11:02:13Z"]] }],
  meters: [
    { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
    { name: "tokens", unit: "token", aggregation: "sum", scale: 0 },
    { name: "storage", unit: "GiB-second", aggregation: "time_weighted", scale: 3 },
    { name: "seats", unit: "seat", aggregation: "max", scale: 0 },
  ],
  usage: [
    { meter: "requests", window: "2026-01-05T10:00:00Z", dimensions: {}, quantity: "1284" },
    {
      meter: "tokens",
      window: "2026-01-05T10:00:00Z",
      dimensions: { direction: "input", model: "atlas-large" },
      quantity: "2641190",
    },
    {
      meter: "tokens",
      window: "2026-01-05T10:00:00Z",
      dimensions: { direction: "output", model: "atlas-large" },
      quantity: "90412",
    },
    { meter: "storage", window: "2026-01-05T10:00:00Z", dimensions: {}, quantity: "43199.125" },
    { meter: "requests", window: "2026-01-05T11:00:00Z", dimensions: {}, quantity: "37" },
  ],
  public_key: journalSigner.publicKey,
};

export const exampleHello: Hello = {
  version: 1,
  installation: "acme-prod",
  journal,
  sent_at: "2026-01-05T10:00:08Z",
};

export const exampleReportBody = encodeReport(exampleReport);

export const exampleReceipt: Receipt = {
  version: 1,
  collector: "usage-example-com",
  installation: "acme-prod",
  journal,
  sequence: 1,
  digest: digestHex(exampleReportBody),
  outcome: "accepted",
  code: null,
  recorded_at: "2026-01-05T11:02:15Z",
};

export const exampleState: State = {
  version: 1,
  collector: "usage-example-com",
  installation: "acme-prod",
  revision: "r7",
  issued_at: "2026-01-05T11:02:15Z",
  journals: [{ journal, through: 1 }],
  report_due_hours: 72,
  public_keys: [collectorSigner.publicKey],
  covered_through: "2026-01-05T11:00:00Z",
  fallback_at: "2026-01-08T11:00:00Z",
};

export type SignedExample = {
  readonly name: string;
  readonly tag: Tag;
  readonly digest: string;
  readonly headers: SignatureHeaders;
  readonly body: Uint8Array;
};

function signed(
  name: string,
  tag: Tag,
  created: string,
  body: Uint8Array,
  proof: typeof journalSigner | null,
): SignedExample {
  const common = { body, tag, created: parseInstant(created), key: exampleKey };
  const headers = signDocument(proof === null ? common : { ...common, proof });
  return { name, tag, digest: contentDigest(body), headers, body };
}

export const examples = {
  hello: signed("hello", "submeter-hello", exampleHello.sent_at, encodeHello(exampleHello), null),
  report: signed(
    "report",
    "submeter-report",
    exampleReport.sealed_at,
    exampleReportBody,
    journalSigner,
  ),
  receipt: signed(
    "receipt",
    "submeter-receipt",
    exampleReceipt.recorded_at,
    encodeReceipt(exampleReceipt),
    collectorSigner,
  ),
  state: signed(
    "state",
    "submeter-state",
    exampleState.issued_at,
    encodeState(exampleState),
    collectorSigner,
  ),
} as const;

/** The report's line as an air-gapped site would carry it out, and the answer that it would carry back. */
export const exampleBundle = encodeBundleLine(examples.report);
export const exampleBundleAnswer =
  encodeAnswerLine({
    status: 200,
    headers: examples.receipt.headers,
    body: examples.receipt.body,
  }) +
  encodeAnswerLine({ status: 200, headers: examples.state.headers, body: examples.state.body });
