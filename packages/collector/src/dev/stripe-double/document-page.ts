/** An invoice or credit note of the double as its customer would see it in a browser. */

import { formatFixed } from "@submeter/shared/numbers/decimal";
import { minorUnitDecimals } from "@submeter/shared/numbers/currency";
import { formatInstant } from "@submeter/shared/time/instant";
import type { Stripe } from "stripe";

type Document = Stripe.Invoice | Stripe.CreditNote;
type Line = { description: string | null; amount: number; period?: { start: number; end: number } };

/** A page of HTML that needs nothing but itself; everything that came in by request is escaped. */
export function documentPage(document: Document): string {
  const credit = document.object === "credit_note";
  const lines: readonly Line[] = document.lines.data;
  const heading = `${credit ? "Credit note" : "Invoice"} ${document.number ?? "(draft)"}`;
  const about = [
    document.object === "invoice" ? document.customer_name : null,
    `${document.status ?? ""}, made ${formatInstant(document.created)}`,
    document.object === "invoice" ? document.description : document.memo,
  ].filter((text) => text !== null);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(heading)}</title>
<style>${style}</style>
<p class="note">Stripe double: no real document</p>
<h1>${escaped(heading)}</h1>
${about.map((text) => `<p>${escaped(text)}</p>`).join("\n")}
<table>
<thead><tr><th>Description</th><th>Period</th><th class="amount">Amount</th></tr></thead>
<tbody>
${lines.map((line) => row(line, document.currency)).join("\n")}
</tbody>
<tfoot><tr><th colspan="2">Total</th><th class="amount">${money(document.total, document.currency)}</th></tr></tfoot>
</table>
</html>
`;
}

function row({ description, amount, period }: Line, currency: string): string {
  const when =
    period === undefined
      ? ""
      : `${formatInstant(period.start).slice(0, 10)} – ${formatInstant(period.end).slice(0, 10)}`;
  const cells = `<td>${escaped(description ?? "")}</td><td>${when}</td>`;
  return `<tr>${cells}<td class="amount">${money(amount, currency)}</td></tr>`;
}

function money(amount: number, currency: string): string {
  const code = currency.toUpperCase();
  const scale = minorUnitDecimals(code) ?? 2;
  return `${formatFixed({ coefficient: BigInt(amount), scale }, scale)} ${escaped(code)}`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 3rem auto; padding: 0 1rem; color: #1a1f36 }
h1 { font-size: 1.6rem; margin: 0 0 .5rem }
p { margin: .2rem 0; color: #4f566b }
.note { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; background: #fdf2d0; color: #6b4e00; margin-bottom: 1rem }
table { width: 100%; border-collapse: collapse; margin-top: 1.5rem }
th, td { text-align: left; padding: .5rem .4rem; border-bottom: 1px solid #e3e8ee; vertical-align: top }
.amount { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tfoot th { border-bottom: 0; font-size: 1.1rem }`;
