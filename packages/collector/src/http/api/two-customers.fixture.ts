/** Two customers with everything a customer has: contract, plan of their own, installation, usage, invoice, tokens, role. */

import { parseInstant } from "@submeter/shared/time/instant";
import { type AtEnd, startTestCollector, type TestCollector } from "../../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../ingest/agent.fixture.ts";

export type Inhabited = {
  collector: TestCollector;
  /** By what is named; everything of one customer holds his id in its name. */
  ids: Record<string, Record<string, string>>;
  /** Of a customer's person who may do all that anybody of a customer may. */
  tokens: Record<string, string>;
};

const monday = parseInstant("2026-01-05T00:00:00Z");
export const bothCustomers = ["acme", "betamark"] as const;

export async function inhabit(atEnd: AtEnd): Promise<Inhabited> {
  const collector = await startTestCollector({ atEnd });
  const ids: Inhabited["ids"] = {};
  const tokens: Inhabited["tokens"] = {};
  const { api } = collector;
  for (const [index, customer] of bothCustomers.entries()) {
    await made(api("POST", "/customers", { id: customer, name: `${customer} Ltd` }));
    const plan = `${customer.replaceAll("-", "_")}_plan`;
    await made(
      api("POST", "/plans", {
        version: 1,
        id: plan,
        currency: "USD",
        meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
        lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
      }),
    );
    const contract = `${customer}-contract`;
    await made(
      api("PUT", `/contracts/${contract}`, {
        version: 1,
        id: contract,
        customer,
        plan: { id: plan, version: 1 },
        term: { from: "2026-01-05T00:00:00Z", to: null },
        cycle: { every: "days", days: 7 },
      }),
    );
    const installation = `${customer}-1`;
    const enrolled = await made(
      api("POST", "/installations", { id: installation, customer, enrolled: "2026-01-05" }),
    );
    const role = `${customer}-all`;
    await made(
      api("PUT", `/roles/${role}`, {
        customer,
        permissions: [
          "usage:read",
          "billing:read",
          "contracts:read",
          "members:manage",
          "purchase",
          "configure",
        ],
        own_dimension: "agent",
      }),
    );
    const issued = await made(api("POST", `/customers/${customer}/tokens`, { name: "all", role }));
    tokens[customer] = issued.token as string;
    const journal = openTestJournal({
      key: enrolled.environment.TELEMETRY_HMAC_KEY as string,
      journal: testJournalId(index + 1),
      start: monday,
      seed: index + 1,
    });
    const line = (agent: string, quantity: string) => ({
      ...requestsLine(monday, quantity),
      dimensions: { agent: `${customer}-${agent}` },
    });
    const usage = [line("one", `${index + 1}00`), line("two", `${index + 1}1`)];
    await moveTo(collector, "2026-01-12T00:00:00Z");
    const { receipt } = await deliver(collector.url, journal, journal.seal({ hours: 168, usage }));
    if (receipt.outcome !== "accepted") throw new Error(JSON.stringify(receipt));
    const spare = await made(api("POST", `/customers/${customer}/tokens`, { name: "spare", role }));
    ids[customer] = {
      customer,
      plan,
      contract,
      installation,
      role,
      token: spare.id as string,
      journal: testJournalId(index + 1),
      member: `${customer}-one`,
    };
  }
  await moveTo(collector, "2026-01-13T00:00:00Z");
  const { closed, waiting } = await made(api("POST", "/invoices/close", {}));
  if (closed.length !== bothCustomers.length) throw new Error(JSON.stringify(waiting));
  for (const { id, customer } of closed as { id: string; customer: string }[]) {
    ids[customer] = { ...ids[customer], invoice: id };
  }
  return { collector, ids, tokens };
}

/** As time passes for a collector that is up: what it notes of its own availability decides when a period may close. */
async function moveTo({ url, token }: TestCollector, now: string): Promise<void> {
  const answer = await fetch(`${url}/dev/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ now }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function made(answer: ReturnType<TestCollector["api"]>) {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
