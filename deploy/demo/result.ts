/** What the demo came to, as `--json` prints it: amounts and quantities are decimal strings. */

import { formatInstant } from "@submeter/shared/time/instant";
import type { Replay } from "./replay.ts";
import type { Vendor } from "./vendor.ts";

type DemoInvoice = {
  customer: string;
  /** `from/to` */
  period: string;
  basis: string | null;
  currency: string;
  total: string;
  stripe_total: string | null;
  corrections: { of: string; amount: string }[];
};

export type DemoResult = {
  usage: { requests: string; input_tokens: string; output_tokens: string };
  reports: { accepted: number; duplicate: number; quarantined: number; conflict: number };
  invoices: DemoInvoice[];
};

/** An invoice as the admin API has it, as far as the demo reads it. */
export type ListedInvoice = Omit<DemoInvoice, "period" | "stripe_total" | "corrections"> & {
  id: string;
  period: { from: string; to: string };
  status: string;
  stripe: { number: string; total: string } | null;
  corrections: { of: string; amount: string }[];
};

type Journal = { outcomes: { accepted: number; quarantined: number; conflict: number } };

export async function readResult(demo: Replay, duplicate: number): Promise<DemoResult> {
  const { vendor, start, scenario, dataset } = demo;
  const to = start + scenario.hoursMax * 3600;
  const { totals } = await vendor.call<{ totals: Record<string, string> }>(
    "GET",
    `/api/v1/usage?from=${formatInstant(start)}&to=${formatInstant(to)}&by=total`,
  );
  const reports = { accepted: 0, duplicate, quarantined: 0, conflict: 0 };
  for (const { id } of dataset.customers) {
    for (const journal of await vendor.list<Journal>(`/api/v1/installations/${id}/journals`)) {
      reports.accepted += journal.outcomes.accepted;
      reports.quarantined += journal.outcomes.quarantined;
      reports.conflict += journal.outcomes.conflict;
    }
  }
  return {
    usage: {
      requests: totals["requests"] ?? "0",
      input_tokens: totals["input_tokens"] ?? "0",
      output_tokens: totals["output_tokens"] ?? "0",
    },
    reports,
    invoices: (await listInvoices(vendor)).map((invoice) => ({
      customer: invoice.customer,
      period: `${invoice.period.from}/${invoice.period.to}`,
      basis: invoice.basis,
      currency: invoice.currency,
      total: invoice.total,
      stripe_total: invoice.stripe?.total ?? null,
      corrections: invoice.corrections.map(({ of, amount }) => ({ of, amount })),
    })),
  };
}

/** All invoices, by customer and period. */
export async function listInvoices(vendor: Vendor): Promise<ListedInvoice[]> {
  const invoices = await vendor.list<ListedInvoice>("/api/v1/invoices?limit=200");
  const key = (invoice: ListedInvoice) => `${invoice.period.from} ${invoice.customer}`;
  return invoices.toSorted((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }));
}
