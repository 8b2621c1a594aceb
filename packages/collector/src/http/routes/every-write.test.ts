/** Whatever an operator changes is in the audit log: each write of the API is tried here, or said where it is. */

import { expect, test } from "vitest";
import { startTestCollector } from "../../collector.fixture.ts";
import { deliver, openTestJournal, testJournalId } from "../../ingest/agent.fixture.ts";
import { entriesOf } from "../../store/audit-log.fixture.ts";

const reason = "said why";
const from = "2026-01-06T00:00:00Z";
const journal = testJournalId(1);

const plan = {
  version: 1,
  id: "standard",
  currency: "USD",
  meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
  lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
};
const contract = {
  version: 1,
  id: "acme",
  customer: "acme",
  plan: { id: "standard", version: 1 },
  term: { from: "2026-01-01T00:00:00Z", to: null },
  cycle: { every: "month" },
};
/** In an order in which each is possible; `{…}` of an operation is taken from what was answered before. */
const tried: readonly (readonly [
  operation: string,
  address: string,
  body: object,
  action: string,
])[] = [
  ["POST /customers", "/customers", { id: "acme", name: "Acme" }, "customer.added"],
  ["POST /plans", "/plans", plan, "plan.added"],
  ["POST /plans/{id}/offer", "/plans/standard/offer", { offered: true }, "plan.offered"],
  ["PUT /contracts/{id}", `/contracts/acme?reason=${reason}`, contract, "contract.set"],
  [
    "POST /installations",
    "/installations",
    { id: "eu", customer: "acme", enrolled: "2026-01-01" },
    "installation.enrolled",
  ],
  [
    "POST /installations/{id}/suspend",
    "/installations/eu/suspend",
    { reason },
    "installation.suspended",
  ],
  [
    "POST /installations/{id}/resume",
    "/installations/eu/resume",
    { reason },
    "installation.resumed",
  ],
  [
    "POST /installations/{id}/assignments",
    "/installations/eu/assignments",
    { customer: "acme", from },
    "installation.assigned",
  ],
  ["POST /installations/{id}/keys", "/installations/eu/keys", { reason }, "key.rotated"],
  [
    "POST /installations/{id}/journals/{journal}/retire",
    `/installations/eu/journals/${journal}/retire`,
    { at: from, reason },
    "journal.retired",
  ],
  [
    "POST /installations/{id}/keys/{number}/revoke",
    "/installations/eu/keys/1/revoke",
    { mode: "removed", reason },
    "key.revoked",
  ],
  [
    "POST /installations/{id}/retire",
    "/installations/eu/retire",
    { at: from, reason },
    "installation.retired",
  ],
  ["PUT /roles/{role}", "/roles/viewer", { permissions: ["usage:read"] }, "role.set"],
  [
    "POST /customers/{customer}/tokens",
    "/customers/acme/tokens",
    { name: "M", role: "viewer" },
    "customer_token.issued",
  ],
  [
    "POST /customers/{customer}/tokens/{token}/revoke",
    "/customers/acme/tokens/{id}/revoke",
    { reason },
    "customer_token.revoked",
  ],
  ["DELETE /roles/{role}", "/roles/viewer", {}, "role.removed"],
  ["POST /tokens", "/tokens", { name: "finance", role: "billing" }, "token.issued"],
  ["POST /tokens/{token}/revoke", "/tokens/{id}/revoke", { reason }, "token.revoked"],
];

/** What needs another life: the test that shows it. */
const shownElsewhere = [
  "POST /reports/{installation}/{journal}/{sequence}/accept", // ingest/quarantine.test.ts
  "POST /reports/{installation}/{journal}/{sequence}/reject",
  "POST /shutdowns/{installation}/{id}/accept", // http/routes/shutdowns.test.ts
  "POST /shutdowns/{installation}/{id}/reject",
  "POST /invoices/{id}/push", // http/routes/billing-routes.test.ts
  "POST /invoices/close",
  "POST /invoices/{id}/evidence/disclosures", // evidence/pack-of-moved.test.ts
  "POST /corrections/{id}/approve",
  "POST /corrections/{id}/drop",
  "POST /contracts/{id}/end", // billing/contracts.test.ts
  "POST /usage-adjustments",
  "POST /usage-adjustments/{id}/approve", // billing/usage-adjustments.test.ts
  "POST /usage-adjustments/{id}/reject",
  "POST /webhooks", // events/deliver.test.ts
  "POST /webhooks/{id}/rotate",
  "POST /webhooks/{id}/remove",
];

/** Compute or send once more; nothing is another afterwards. */
const changeNothing = [
  "POST /invoices/{id}/replay",
  "POST /invoices/preview",
  "POST /webhooks/{id}/test",
  "POST /webhooks/{id}/deliveries/{event}/redeliver",
];

test("each write of the API leaves an entry with who and why, and a new one has to be named here", async () => {
  const collector = await startTestCollector();
  const document = (await (await fetch(`${collector.url}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const writes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== "get")
      .map((method) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`),
  );
  const named = [...tried.map(([operation]) => operation), ...shownElsewhere, ...changeNothing];
  expect(writes.toSorted()).toEqual(named.toSorted());

  let id = "";
  for (const [operation, address, body, action] of tried) {
    const [method = ""] = operation.split(" ");
    const { status, body: answer } = await collector.api(method, address.replace("{id}", id), body);
    const refused = status < 300 ? null : answer;
    expect({ operation, refused }).toEqual({ operation, refused: null });
    id = answer?.token?.id ?? answer?.id ?? id;
    const wanted = "reason" in body || address.includes("reason=") ? reason : null;
    const newest = (await entriesOf(collector.database)).at(-1);
    expect({ operation, ...newest }).toMatchObject({ action, who: "owner", reason: wanted });
    if (operation === "POST /installations") {
      const key = answer.environment.TELEMETRY_HMAC_KEY as string;
      const agent = openTestJournal({ key, journal, start: collector.clock.now() - 3600 });
      await deliver(collector.url, agent, agent.seal());
    }
  }
});
