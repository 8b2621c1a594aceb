/** What a pack of evidence says of itself to whoever opens it. */

import { formatInstant } from "@submeter/shared/time/instant";
import type { InvoiceDetail } from "../billing/invoice-view.ts";

export function readme({ invoice }: InvoiceDetail, o: { disclosed: boolean }): string {
  const number = invoice.stripe_number === null ? "" : ` (number ${invoice.stripe_number})`;
  const [from, to] = [invoice.period_from, invoice.period_to].map(formatInstant);
  return `# Evidence for invoice ${invoice.id}${number}

All that the invoice for ${from} to ${to} rests on. Verify it with Node 20 or newer, without a network and without trusting us:

    node verify.mjs
    node verify.mjs --key PUBLIC_KEY     # the collector's key that your agent has pinned

| file | what it is |
| --- | --- |
| \`invoice.json\` | the invoice as it was booked |
| \`statements/\` | every version of the statement, each line with how it was computed, and the inputs that it was computed from |
| \`plans/\`, \`contracts/\` | the prices and terms that it was rated by |
| \`credit-notes/\` | what was given back since |
| \`reports/\` | each report: the bytes that the agent signed, its headers, the receipt, and what was decided about it |
| \`facts.json\` | assignments, journals, keys, attested shutdowns, adjustments, corrections, and when the collector accepted reports |
| \`audit.ndjson\` | what people did to any of these: who, when, why, before and after |
| \`manifest.json\`, \`manifest.sig.json\` | the digest of each file, signed with the collector's key |
| \`verify.mjs\` | the verifier: one file, for you to read first |

What the signatures prove: that this journal sealed these bytes, that this collector received them and when, and that the invoice is
what they add up to. What they do not prove: that what was counted was true. Who runs the host of an agent can keep it from counting.

A correction of an earlier period stands here with both statements; the reports that it rests on are in the evidence of that invoice.
${o.disclosed ? disclosed : withheld}
`;
}

const withheld = `A report is signed whole. One that also speaks of another customer's hours is here without its bytes: its digest, its signatures,
its receipt and its place in the chain are, and so are the lines of your hours, as \`lines\`. Signatures are over the digest, so that they
can be verified all the same; that these lines are the ones in the bytes is the vendor's word. Entries of the audit log that concern another
customer are named alone.`;

const disclosed = `Reports are here whole, by a decision that is in the vendor's audit log, also where they speak of another customer's hours.`;
