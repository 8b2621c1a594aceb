/** Who is told of events, and what became of it, as an operator reads it. */

import { nothing, type Page, paragraphs, plural, section } from "../../text/page.ts";
import type { Paint } from "../../text/paint.ts";
import { type Column, table } from "../../text/table.ts";
import { apiInstant, cellInstant, relativeText } from "../../text/time-text.ts";

export type Webhook = {
  readonly id: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly description: string;
  readonly disabled_at: string | null;
  readonly disabled_reason: string | null;
  readonly pending: number;
  readonly failed: number;
  readonly last_delivered_at: string | null;
};

export type Delivery = {
  readonly event: string;
  readonly type: string;
  readonly status: "pending" | "delivered" | "failed";
  readonly attempts: number;
  readonly next_at: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly last_status: number | null;
  readonly last_detail: string | null;
};

export type DeliveryOutcome = {
  readonly delivered: boolean;
  readonly status: number | null;
  readonly detail: string;
  readonly milliseconds: number;
};

const webhookColumns: readonly Column[] = [
  { head: "webhook" },
  { head: "url", shrinks: true },
  { head: "told of", shrinks: true },
  { head: "waiting", align: "right" },
  { head: "failed", align: "right" },
  { head: "last delivered (UTC)", drops: 1 },
  { head: "" },
];

export function webhooksText(page: Page, webhooks: readonly Webhook[]): string {
  if (webhooks.length === 0) {
    return nothing(
      page,
      "Nobody is told of anything yet.",
      "submeter webhooks add https://hooks.example.com/submeter --types installation.*,invoice.*",
    );
  }
  return paragraphs(
    table(
      page,
      webhookColumns,
      webhooks.map((webhook) => [
        page.paint.strong(webhook.id),
        webhook.url,
        webhook.types.length === 0 ? "everything" : webhook.types.join(", "),
        String(webhook.pending),
        webhook.failed === 0 ? "0" : page.paint.bad(String(webhook.failed)),
        webhook.last_delivered_at === null ? "never" : cellInstant(webhook.last_delivered_at),
        webhook.disabled_at === null
          ? ""
          : page.paint.faint(`removed: ${webhook.disabled_reason ?? ""}`),
      ]),
    ),
    section(
      page,
      "What needs you",
      webhooks
        .filter(({ failed, disabled_at: disabled }) => failed > 0 && disabled === null)
        .map(({ id, failed }) =>
          [
            `  ${page.paint.strong(id)} was not told of ${plural(failed, "event")}, though it was tried for three days`,
            `    → submeter webhooks deliveries ${id} --status failed`,
          ].join("\n"),
        )
        .join("\n"),
    ),
  );
}

const colours: Readonly<Record<Delivery["status"], keyof Paint>> = {
  pending: "warning",
  delivered: "good",
  failed: "bad",
};

const deliveryColumns: readonly Column[] = [
  { head: "event" },
  { head: "type" },
  { head: "since (UTC)" },
  { head: "status" },
  { head: "attempts", align: "right" },
  { head: "next" },
  { head: "answered", shrinks: true },
];

export function deliveriesText(
  page: Page,
  webhook: string,
  deliveries: readonly Delivery[],
): string {
  if (deliveries.length === 0) {
    return nothing(page, "Nothing was sent there.", `submeter webhooks test ${webhook}`);
  }
  const failed = deliveries.find(({ status }) => status === "failed");
  return paragraphs(
    table(
      page,
      deliveryColumns,
      deliveries.map((delivery) => {
        const next = apiInstant(delivery.next_at);
        return [
          delivery.event,
          delivery.type,
          cellInstant(delivery.created_at),
          page.paint[colours[delivery.status]](delivery.status),
          String(delivery.attempts),
          next === null ? "" : relativeText(next, page.now),
          answeredText(delivery),
        ];
      }),
    ),
    failed === undefined
      ? ""
      : page.paint.faint(`→ once more: submeter webhooks redeliver ${webhook} ${failed.event}`),
  );
}

export function outcomeText(page: Page, outcome: DeliveryOutcome): string {
  const { status, detail, milliseconds } = outcome;
  const what = status === null ? detail : `answered ${status}${detail === "" ? "" : `: ${detail}`}`;
  return outcome.delivered
    ? `${page.paint.good("✓")} delivered in ${milliseconds} ms: ${what}`
    : `${page.paint.bad("✗")} not delivered: ${what}`;
}

function answeredText({ attempts, last_status: status, last_detail: detail }: Delivery): string {
  if (attempts === 0) return "";
  return [status === null ? "" : String(status), detail ?? ""].filter(Boolean).join(" ");
}
