/** An agent's side for tests: a journal in memory that seals reports and verifies what it is answered. */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import {
  type SignatureHeaders,
  signDocument,
  verifyDocument,
} from "@submeter/shared/wire/document";
import { proofSigner } from "@submeter/shared/wire/ed25519";
import { encodeHello } from "@submeter/shared/wire/hello";
import { parseKey } from "@submeter/shared/wire/key";
import { type Receipt, readReceipt } from "@submeter/shared/wire/receipt";
import { encodeReport, type Report } from "@submeter/shared/wire/report";
import { readState, type State } from "@submeter/shared/wire/state";

export type Sealed = {
  body: Uint8Array;
  headers: SignatureHeaders;
  report: Report;
  digest: string;
};

export type Answered = {
  status: number;
  headers: Headers;
  body: Uint8Array;
  receipt: Receipt;
};

export type TestJournal = {
  readonly journal: string;
  readonly key: ReturnType<typeof parseKey>;
  /** Seals the next report. `hours` whole hours are covered from where the last one ended. */
  seal(change?: SealOptions): Sealed;
  sign(report: Report, options?: { proof?: boolean }): Sealed;
};

export type SealOptions = {
  hours?: number;
  usage?: Report["usage"];
  coverage?: [Instant, Instant][];
  final?: boolean;
  change?: (report: Report) => Report;
};

export const testMeters: Report["meters"] = [
  { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
  { name: "tokens", unit: "token", aggregation: "sum", scale: 3 },
  { name: "seats", unit: "seat", aggregation: "max", scale: 0 },
];

/** A UUID from a small number: obviously made for a test. */
export function testJournalId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** `start` is where its coverage begins. */
export function openTestJournal(o: {
  key: string;
  journal: string;
  start: Instant;
  replaces?: Report["replaces"];
  seed?: number;
}): TestJournal {
  const key = parseKey(o.key);
  const signer = proofSigner(new Uint8Array(32).fill(o.seed ?? 7));
  let sequence = 0;
  let previous: string | null = null;
  let coveredTo = o.start;

  const sign: TestJournal["sign"] = (report, { proof = true } = {}) => {
    const body = encodeReport(report);
    const created = Date.parse(report.sealed_at) / 1000;
    const common = { body, tag: "submeter-report" as const, created, key };
    const headers = signDocument(proof ? { ...common, proof: signer } : common);
    return { body, headers, report, digest: digestHex(body) };
  };

  return {
    journal: o.journal,
    key,
    sign,
    seal: ({ hours = 1, usage = [], coverage, final = false, change } = {}) => {
      const to = coveredTo + hours * 3600;
      sequence += 1;
      const report: Report = {
        version: 1,
        installation: key.installation,
        journal: o.journal,
        sequence,
        previous,
        replaces: o.replaces ?? null,
        sealed_at: formatInstant(to),
        interval_seconds: 3600,
        final,
        agent: { version: "1.0.0", clock_skew_ms: 0, backlog: 0, disk_free_bytes: null },
        coverage: (coverage ?? [[coveredTo, to]]).map(([from, end]) => [
          formatInstant(from),
          formatInstant(end),
        ]),
        sources: [],
        meters: testMeters,
        usage,
        ...(sequence === 1 && { public_key: signer.publicKey }),
      };
      const sealed = sign(change?.(report) ?? report);
      previous = sealed.digest;
      coveredTo = to;
      return sealed;
    },
  };
}

export function requestsLine(window: Instant, quantity: string): Report["usage"][number] {
  return { meter: "requests", window: formatInstant(window), dimensions: {}, quantity };
}

/** Sends one report and verifies the receipt: both signatures, and that it is for this report. */
export async function deliver(
  url: string,
  journal: TestJournal,
  sealed: Sealed,
): Promise<Answered> {
  const answer = await postDocument(`${url}/ingest`, sealed);
  const receipt = verifiedReceipt(answer, journal);
  if (receipt.digest !== sealed.digest) throw new Error("a receipt for another report");
  return { ...answer, receipt };
}

export async function postDocument(
  address: string,
  signed: { body: Uint8Array; headers: Record<string, string> },
): Promise<{ status: number; headers: Headers; body: Uint8Array }> {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", ...signed.headers },
    body: Buffer.from(signed.body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

export function verifiedReceipt(
  answer: { headers: Headers; body: Uint8Array },
  { key }: Pick<TestJournal, "key">,
): Receipt {
  verify(answer, key, "submeter-receipt");
  const read = readReceipt(answer.body);
  if (read.kind !== "document") throw new Error(`no receipt: ${read.kind}`);
  return read.document;
}

/** Says hello and answers the verified state. */
export async function askState(url: string, journal: TestJournal, now: Instant): Promise<State> {
  const { key } = journal;
  const body = encodeHello({
    version: 1,
    installation: key.installation,
    journal: journal.journal,
    sent_at: formatInstant(now),
  });
  const headers = signDocument({ body, tag: "submeter-hello", created: now, key });
  const answer = await postDocument(`${url}/state`, { body, headers });
  verify(answer, key, "submeter-state");
  const read = readState(answer.body);
  if (read.kind !== "document") throw new Error(`no state: ${read.kind}`);
  return read.document;
}

function verify(
  answer: { headers: Headers; body: Uint8Array },
  key: TestJournal["key"],
  tag: "submeter-receipt" | "submeter-state",
): void {
  const headers = Object.fromEntries(
    ["content-digest", "signature-input", "signature"].map((name) => [
      name,
      answer.headers.get(name) ?? "",
    ]),
  );
  const verified = verifyDocument({ body: answer.body, headers, tag, ...key, proof: "required" });
  if (verified.kind !== "verified") {
    throw new Error(`${verified.code}: ${new TextDecoder().decode(answer.body)}`);
  }
}
