/** What agents of the fleet send: reports of twelve lines, chained and signed, and the bytes of their requests. */

import { createHash } from "node:crypto";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import { type SignatureHeaders, signDocument } from "@submeter/shared/wire/document";
import { proofSigner } from "@submeter/shared/wire/ed25519";
import { encodeReport, type Report } from "@submeter/shared/wire/report";
import { installationName, secretOf } from "./enrolled.ts";

export type Sealed = { body: Uint8Array; headers: SignatureHeaders };

export type Journal = {
  readonly id: string;
  /** The report of the next hour. */
  seal(): Sealed;
};

const secondsPerHour = 3600;
/** One for all: making twenty thousand would measure nothing but the making. */
const signer = proofSigner(new Uint8Array(32).fill(7));

const meters: Report["meters"] = [
  { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
  { name: "tokens", unit: "token", aggregation: "sum", scale: 0 },
  { name: "gpu_seconds", unit: "second", aggregation: "time_weighted", scale: 3 },
];

/** `start` is the whole hour where its coverage begins; `generation` tells journals of one installation apart. */
export function openJournal(index: number, start: Instant, generation = 0): Journal {
  const installation = installationName(index);
  const key = { keyId: `${installation}.1`, secret: secretOf(index) };
  const id = uuidOf(`${generation} ${index}`);
  let sequence = 0;
  let previous: string | null = null;
  return {
    id,
    seal: () => {
      const from = start + sequence * secondsPerHour;
      sequence += 1;
      const sealedAt = from + secondsPerHour;
      const body = encodeReport({
        version: 1,
        installation,
        journal: id,
        sequence,
        previous,
        replaces: null,
        sealed_at: formatInstant(sealedAt),
        interval_seconds: secondsPerHour,
        final: false,
        agent: { version: "1.0.0", clock_skew_ms: 3, backlog: 0, disk_free_bytes: 53687091200 },
        coverage: [[formatInstant(from), formatInstant(sealedAt)]],
        sources: [],
        meters,
        usage: linesOf(index, sequence, from),
        ...(sequence === 1 && { public_key: signer.publicKey }),
      });
      previous = digestHex(body);
      const common = { body, tag: "submeter-report" as const, created: sealedAt, key };
      // As the agent does: the first report proves the journal's key, the next ones go by HMAC alone.
      const headers = signDocument(sequence === 1 ? { ...common, proof: signer } : common);
      return { body, headers };
    },
  };
}

/** Four models, each with requests in and out and GPU time: twelve lines. */
function linesOf(index: number, sequence: number, window: Instant): Report["usage"] {
  const at = formatInstant(window);
  const random = createHash("sha256").update(`${index} ${sequence}`).digest();
  return ["large", "medium", "small", "embedding"].flatMap((model, place) => {
    const base = random.readUInt32LE(place * 4) % 1_000_000;
    return [
      {
        meter: "gpu_seconds",
        window: at,
        dimensions: { model },
        quantity: `${base % 3600}.${(base % 9) + 1}`,
      },
      {
        meter: "requests",
        window: at,
        dimensions: { direction: "output", model },
        quantity: String(base + 1),
      },
      {
        meter: "tokens",
        window: at,
        dimensions: { direction: "input", model },
        quantity: String(base * 37 + 1),
      },
    ];
  });
}

/** One HTTP/1.1 request on a connection that is kept. */
export function requestOf({ body, headers }: Sealed): Buffer {
  return postOf("application/json", headers, body);
}

function postOf(type: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST /ingest HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n`;
  return Buffer.concat([Buffer.from(`${head}${lines.join("")}\r\n`, "latin1"), body]);
}

function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
