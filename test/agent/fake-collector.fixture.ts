/** A collector for the agent's tests: verifies, records in memory, signs receipts and states. It can be told to misbehave. */

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { type Instant, formatInstant } from "@submeter/shared/time/instant";
import {
  type AnswerLine,
  bundleMediaType,
  encodeAnswerLine,
  parseBundleLine,
} from "@submeter/shared/wire/bundle";
import type { Entitlements } from "@submeter/shared/entitlements/entitlements";
import { digestHex } from "@submeter/shared/wire/digest";
import {
  type SignatureHeaders,
  signDocument,
  verifyDocument,
} from "@submeter/shared/wire/document";
import { type ProofSigner, proofSigner } from "@submeter/shared/wire/ed25519";
import { type HmacKey, formatKey, parseKey } from "@submeter/shared/wire/key";
import { type Outcome, type Receipt, encodeReceipt } from "@submeter/shared/wire/receipt";
import { type Report } from "@submeter/shared/wire/report";
import { readReport } from "@submeter/shared/wire/read-report";
import { type State, encodeState } from "@submeter/shared/wire/state";

export type Reply = {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Cuts the connection after the first half of the body. */
  cut?: boolean;
};

export type Recorded = {
  report: Report;
  digest: string;
  body: Uint8Array;
  headers: Partial<SignatureHeaders>;
  receipt: Receipt;
};

export type Asked = { path: string; headers: IncomingMessage["headers"]; body: Buffer };

/** Test keys are made of a constant and obviously fake. */
export function fakeKey(installation: string, number = "1"): string {
  return formatKey(installation, number, new Uint8Array(32).fill(number.charCodeAt(0)));
}

export class FakeCollector {
  readonly records = new Map<string, Recorded>();
  readonly asked: Asked[] = [];
  readonly evidence: { digest: string; body: Uint8Array }[] = [];
  name = "vendor";
  revision = "r1";
  now: () => Instant;
  keys: HmacKey[];
  signer: ProofSigner;
  fallbackAt: string | null = null;
  /** What its states say of plan and entitlements. */
  terms: { entitlements?: Entitlements; plan?: unknown } = {};
  /** Answers in place of the collector; undefined: the collector answers. */
  interfere: (asked: Asked) => Reply | undefined = () => undefined;
  /** Another outcome than `accepted`. */
  decide: (report: Report) => { outcome: Outcome; code: string } | null = () => null;
  readonly #server: Server;
  url = "";

  private constructor(keys: readonly string[], now: () => Instant, seed: number) {
    this.keys = keys.map(parseKey);
    this.now = now;
    this.signer = proofSigner(new Uint8Array(32).fill(seed));
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const asked = {
          path: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(parts),
        };
        this.asked.push(asked);
        const reply = this.interfere(asked) ?? this.answer(asked);
        const body = Buffer.from(reply.body ?? "");
        response.writeHead(reply.status, { ...reply.headers, "content-length": body.length });
        if (reply.cut !== true) {
          response.end(body);
          return;
        }
        response.write(body.subarray(0, body.length / 2), () => response.destroy());
      });
    });
  }

  static async start(o: {
    keys: readonly string[];
    now: () => Instant;
    seed?: number;
    port?: number;
  }): Promise<FakeCollector> {
    const collector = new FakeCollector(o.keys, o.now, o.seed ?? 7);
    await new Promise<void>((resolve) => {
      collector.#server.listen(o.port ?? 0, "127.0.0.1", resolve);
    });
    collector.url = `http://127.0.0.1:${(collector.#server.address() as AddressInfo).port}`;
    return collector;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Usage recorded under accepted receipts, summed by meter. */
  totals(): Record<string, bigint> {
    const totals: Record<string, bigint> = {};
    for (const { report, receipt } of this.records.values()) {
      if (receipt.outcome !== "accepted") continue;
      for (const line of report.usage) {
        totals[line.meter] = (totals[line.meter] ?? 0n) + BigInt(line.quantity);
      }
    }
    return totals;
  }

  reports(): Report[] {
    return [...this.records.values()].map(({ report }) => report);
  }

  answer(asked: Asked): Reply {
    if (asked.path === "/state") return this.#answerHello(asked);
    if (asked.headers["content-type"] === bundleMediaType) return this.#answerBundle(asked);
    return this.answerReport(signatureHeaders(asked.headers), asked.body);
  }

  answerReport(headers: Partial<SignatureHeaders>, body: Uint8Array): Reply {
    const key = this.#verify(headers, body, "submeter-report");
    if (key === null) return unsigned(401, "key_unknown");
    const read = readReport(body);
    if (read.kind !== "report") return unsigned(400, "report_unreadable");
    const recorded = this.#record(read.report, headers, body);
    const status = { accepted: 200, quarantined: 202, rejected: 422, conflict: 409 };
    return {
      status: status[recorded.outcome],
      ...this.#signed(encodeReceipt(recorded), "submeter-receipt", key),
    };
  }

  state(installation: string): State {
    const names = new Set([...this.records.values()].map(({ report }) => report.journal));
    const journals = [...names].map((journal) => ({ journal, through: this.#through(journal) }));
    const { entitlements, plan } = this.terms;
    return {
      version: 1,
      collector: this.name,
      installation,
      revision: this.revision,
      issued_at: formatInstant(this.now()),
      journals,
      report_due_hours: 72,
      public_keys: [this.signer.publicKey],
      covered_through: null,
      fallback_at: this.fallbackAt,
      ...(entitlements && {
        entitlements: { ...entitlements, as_of: formatInstant(this.now()), journals },
      }),
      ...(plan === undefined ? {} : { plan }),
    };
  }

  #record(report: Report, headers: Partial<SignatureHeaders>, body: Uint8Array): Receipt {
    const digest = digestHex(body);
    const name = `${report.journal} ${report.sequence}`;
    const known = this.records.get(name);
    if (known !== undefined && known.digest === digest) return known.receipt;
    const before = this.records.get(`${report.journal} ${report.sequence - 1}`);
    const conflicts =
      known !== undefined || (before !== undefined && before.digest !== report.previous);
    const decided = this.decide(report);
    const receipt: Receipt = {
      version: 1,
      collector: this.name,
      installation: report.installation,
      journal: report.journal,
      sequence: report.sequence,
      digest,
      outcome: conflicts ? "conflict" : (decided?.outcome ?? "accepted"),
      code: conflicts ? "name_taken" : (decided?.code ?? null),
      ...(known === undefined ? {} : { stored_digest: known.digest }),
      recorded_at: formatInstant(this.now()),
    };
    if (conflicts) this.evidence.push({ digest, body });
    else this.records.set(name, { report, digest, body, headers, receipt });
    return receipt;
  }

  #through(journal: string): number {
    let through = 0;
    while (this.records.has(`${journal} ${through + 1}`)) through += 1;
    return through;
  }

  #answerHello(asked: Asked): Reply {
    const key = this.#verify(signatureHeaders(asked.headers), asked.body, "submeter-hello");
    if (key === null) return unsigned(401, "key_unknown");
    const state = encodeState(this.state(key.installation));
    return { status: 200, ...this.#signed(state, "submeter-state", key) };
  }

  #answerBundle(asked: Asked): Reply {
    const text = asked.headers["content-encoding"] === "gzip" ? gunzipSync(asked.body) : asked.body;
    const answers: AnswerLine[] = [];
    let key: HmacKey | undefined;
    for (const line of text.toString("utf8").split("\n")) {
      if (line === "") continue;
      const read = parseBundleLine(Buffer.from(line));
      if (read.kind === "malformed") return unsigned(400, read.code);
      const { headers, body } = read.line;
      key = this.#verify(headers, body, "submeter-report") ?? key;
      answers.push(answerLine(this.answerReport(headers, body)));
    }
    if (key !== undefined) {
      const state = encodeState(this.state(key.installation));
      answers.push(answerLine({ status: 200, ...this.#signed(state, "submeter-state", key) }));
    }
    return {
      status: 200,
      headers: { "content-type": bundleMediaType },
      body: answers.map(encodeAnswerLine).join(""),
    };
  }

  #verify(
    headers: Partial<SignatureHeaders>,
    body: Uint8Array,
    tag: "submeter-report" | "submeter-hello",
  ): HmacKey | null {
    return (
      this.keys.find(
        ({ keyId, secret }) =>
          verifyDocument({ body, headers, tag, keyId, secret, proof: "optional" }).kind ===
          "verified",
      ) ?? null
    );
  }

  #signed(body: Uint8Array, tag: "submeter-receipt" | "submeter-state", key: HmacKey) {
    const created = this.now();
    const headers = signDocument({ body, tag, created, key, proof: this.signer });
    return { headers: { ...headers, "submeter-state-revision": this.revision }, body };
  }
}

function signatureHeaders(headers: IncomingMessage["headers"]): Partial<SignatureHeaders> {
  return Object.fromEntries(
    ["content-digest", "signature-input", "signature"].map((name) => [name, headers[name]]),
  ) as Partial<SignatureHeaders>;
}

function unsigned(status: number, code: string): Reply {
  const body = JSON.stringify({ status, code, detail: code, hint: "" });
  return { status, headers: { "content-type": "application/problem+json" }, body };
}

function answerLine(reply: Reply): AnswerLine {
  const headers = Object.fromEntries(
    Object.entries(reply.headers ?? {}).filter(([name]) => name !== "submeter-state-revision"),
  );
  return { status: reply.status, headers, body: Buffer.from(reply.body ?? "") };
}
