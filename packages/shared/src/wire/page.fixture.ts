/** Prints the complete example of docs/wire.md from the code itself, so that the page cannot lie. */

import { base64Url, hex } from "./base64.ts";
import { digestHex, contentDigest } from "./digest.ts";
import { signatureBase } from "./document.ts";
import {
  collectorSigner,
  exampleBundle,
  exampleBundleAnswer,
  exampleKey,
  exampleKeyText,
  examples,
  journalSigner,
  seedSentences,
} from "./examples.fixture.ts";
import type { SignedExample } from "./examples.fixture.ts";
import { sha256 } from "./sha256.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function examplePage(): string {
  return [
    "",
    ...keySection(),
    ...documentSection("The hello", "Sent to `/state` before the first report.", examples.hello),
    ...documentSection(
      "The report",
      "Report 1 of its journal: it carries `public_key`, and `proof` made with that key.",
      examples.report,
    ),
    ...documentSection(
      "Its receipt",
      "`digest` is the report's. `proof` is the collector's.",
      examples.receipt,
    ),
    ...documentSection(
      "The state",
      "Pinned from here on: `collector` and `public_keys`.",
      examples.state,
    ),
    ...bundleSection(),
    "",
  ].join("\n");
}

function keySection(): string[] {
  const head = exampleKeyText.slice(0, -6);
  const checksum = hex(sha256(encoder.encode(head)));
  return [
    "### The keys",
    "",
    "The installation's HMAC key, number 1 of `acme-prod`, as the vendor gives it:",
    "",
    ...block(exampleKeyText),
    "| step | value |",
    "|---|---|",
    `| secret: SHA-256 of \`${seedSentences.key}\` | \`${hex(exampleKey.secret)}\` |`,
    `| in base64url | \`${base64Url(exampleKey.secret)}\` |`,
    `| everything before the checksum | \`${head}\` |`,
    `| its SHA-256 | \`${checksum}\` |`,
    `| in base64url, of which the first 6 are the checksum | \`${base64Url(sha256(encoder.encode(head)))}\` |`,
    `| key id | \`${exampleKey.keyId}\` |`,
    "",
    "The Ed25519 keys (a seed is the private key of RFC 8032):",
    "",
    "| | seed: SHA-256 of | public key |",
    "|---|---|---|",
    `| the journal's | \`${seedSentences.journal}\` | \`${journalSigner.publicKey}\` |`,
    `| the collector's | \`${seedSentences.collector}\` | \`${collectorSigner.publicKey}\` |`,
    "",
  ];
}

function documentSection(title: string, text: string, example: SignedExample): string[] {
  const bases = inputs(example).flatMap(([label, parameters]) => [
    `Signature base of \`${label}\` (two lines, no line feed after the second):`,
    "",
    ...block(signatureBase(contentDigest(example.body), parameters)),
  ]);
  return [
    `### ${title}`,
    "",
    `${text} The body, ${example.body.length} bytes, no line feed at its end:`,
    "",
    ...block(decoder.decode(example.body)),
    "SHA-256 of the body, as documents write it:",
    "",
    ...block(digestHex(example.body)),
    ...bases,
    "The three headers:",
    "",
    ...block(
      Object.entries(example.headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join("\n"),
    ),
  ];
}

/** Label and parameters of each signature. */
function inputs(example: SignedExample): [string, string][] {
  return example.headers["signature-input"].split(", ").map((member) => {
    const at = member.indexOf("=");
    return [member.slice(0, at), member.slice(at + 1)];
  });
}

function bundleSection(): string[] {
  return [
    "### The same as a bundle",
    "",
    "One report, one line. Each line ends with a line feed:",
    "",
    ...block(exampleBundle.trimEnd()),
    "And its answer: the receipt, then the installation's state:",
    "",
    ...block(exampleBundleAnswer.trimEnd()),
  ];
}

function block(text: string): string[] {
  return ["```text", text, "```", ""];
}
