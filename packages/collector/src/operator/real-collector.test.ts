/** The operator's path against the real collector: what the scripted one answers is what this one does. */

import { parseInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { describe, expect, test } from "vitest";

import { startTestCollector, type TestCollector } from "../collector.fixture.ts";
import { deliver, openTestJournal, requestsLine, testJournalId } from "../ingest/agent.fixture.ts";
import { runWords } from "./operator-session.fixture.ts";

/** Whole programs over HTTP and PostgreSQL, on a machine that does other things too. */
const slowMs = 120_000;

const monday = parseInstant("2026-01-05T00:00:00Z");

const plan = {
  version: 1,
  id: "standard",
  currency: "USD",
  meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
  lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
};

function operatorOf(collector: TestCollector) {
  const environment = { SUBMETER_URL: collector.url, SUBMETER_TOKEN: collector.token };
  /** What is printed; a command that fails, or says anything on standard error, fails the test. */
  return async (typed: string, input?: string): Promise<string> => {
    const session = await runWords(typed.split(" "), {
      environment,
      ...(input === undefined ? {} : { input }),
    });
    expect({ typed, errors: session.errors }).toEqual({ typed, errors: "" });
    return session.out;
  };
}

async function moveClock(collector: TestCollector, now: string): Promise<void> {
  const answer = await fetch(`${collector.url}/dev/clock`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${collector.token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ now }),
  });
  expect(answer.status).toBe(200);
}

describe("against the real collector", () => {
  test("a customer is taken in, moved and retired", { timeout: slowMs }, async () => {
    const submeter = operatorOf(await startTestCollector());

    expect(await submeter("customers list")).toContain("There are no customers yet.");
    await submeter("customers add acme --name Acme");
    await submeter("customers add beta --name Beta --email b@beta.example");
    expect(await submeter("customers list")).toContain("2 customers");
    expect(await submeter("customers show acme")).toContain("None yet: usage is stored, unbilled.");

    const added = await submeter("installations add acme-eu --customer acme --enrolled 2026-01-01");
    expect(added).toMatch(/TELEMETRY_HMAC_KEY=smk_acme-eu\.1_\S{49}/);
    expect(await submeter("installations list")).toContain("1 installation");
    expect(await submeter("installations list --customer beta")).toContain("None yet.");
    expect(await submeter("fleet")).toContain("? never reported");
    expect(await submeter("journals list acme-eu")).toContain("has never reported");

    expect(await submeter("keys rotate acme-eu")).toMatch(/smk_acme-eu\.2_/);
    await submeter("keys revoke acme-eu 1 --mode compromised --reason leaked");
    const shown = await submeter("installations show acme-eu");
    expect(shown).toMatch(/1 +compromised .* from 2026-01-05 00:00 UTC/);
    expect(shown).toMatch(/2 +active/);

    const assigned = "installations assign acme-eu --customer beta --from 2026-01-03T10:30:00Z";
    expect(await submeter(assigned)).toContain("belongs to beta from 2026-01-03 10:00 UTC");
    const retired = await submeter("installations retire acme-eu --at 2026-01-04 --reason gone");
    expect(retired).toContain("is retired as of 2026-01-04 00:00 UTC");
  });

  test("a week is counted, decided on, billed and proved", { timeout: slowMs }, async () => {
    const collector = await startTestCollector();
    const submeter = operatorOf(collector);
    await submeter("customers add acme --name Acme");
    expect(await submeter("plans add -", JSON.stringify(plan))).toContain("standard@1");
    expect(await submeter("plans list")).toContain("standard@1");
    const terms =
      "contracts set --customer acme --plan standard@1 --from 2026-01-05 --cycle 7d --minimum 1000.00 --fallback floor";
    expect(await submeter(`${terms} --dry-run`)).toContain("Nothing is changed");
    expect(await submeter("contracts list")).toContain("There are no contracts yet.");
    expect(await submeter(terms)).toContain("contract acme is agreed, version 1.");
    const key = JSON.parse(
      await submeter("installations add acme-eu --customer acme --enrolled 2026-01-05 --json"),
    ) as { environment: { TELEMETRY_HMAC_KEY: string } };

    await moveClock(collector, "2026-01-12T00:00:00Z");
    const journal = openTestJournal({
      key: key.environment.TELEMETRY_HMAC_KEY,
      journal: testJournalId(1),
      start: monday,
    });
    const week = journal.seal({ hours: 168, usage: [requestsLine(monday, "123456")] });
    expect((await deliver(collector.url, journal, week)).receipt.outcome).toBe("accepted");
    const future = monday + 10 * 24 * secondsPerHour;
    const held = journal.seal({ hours: 0, coverage: [], usage: [requestsLine(future, "7")] });
    expect((await deliver(collector.url, journal, held)).receipt.outcome).toBe("quarantined");

    expect(await submeter("fleet")).toMatch(/acme-eu .*reporting/);
    const usage = await submeter("usage --from 2026-01-05 --to 2026-01-20 --by hour");
    expect(usage).toMatch(/2026-01-05 00:00 +acme +requests +123,456/);
    expect(usage).toMatch(
      /In quarantine: not counted, not billed\n.*\n.*acme-eu +acme +requests +7/,
    );
    expect(await submeter("journals list acme-eu")).toMatch(
      /expected +2 .*1 accepted · 1 quarantined/,
    );
    const name = `acme-eu ${testJournalId(1)} 2`;
    expect(await submeter("reports list --undecided")).toContain(`submeter reports show ${name}`);
    expect(await submeter(`reports show ${name}`)).toContain("window_in_future");
    await submeter(`reports reject ${name} --reason clock`);
    expect(await submeter(`reports show ${name}`)).toContain("refused by");
    expect(await submeter("usage --from 2026-01-05 --to 2026-01-20")).not.toContain(
      "In quarantine",
    );

    expect(await submeter("close status")).toMatch(/acme +2026-01-05 – 2026-01-12 +○ open/);
    expect(await submeter("invoices preview acme --period 2026-01-05")).toContain("1,234.56");
    await moveClock(collector, "2026-01-13T00:00:00Z");
    expect(await submeter("close status")).toContain("● closeable");
    expect(await submeter("invoices close")).toContain("One invoice is booked.");
    const { items } = JSON.parse(await submeter("invoices list --json")) as {
      items: { id: string; total: string; basis: string }[];
    };
    expect(items).toMatchObject([{ total: "1234.56", basis: "measured" }]);
    const id = items[0]?.id ?? "";
    expect(await submeter(`invoices show ${id}`)).toContain("1,234.56 USD");
    expect(await submeter(`invoices replay ${id}`)).toContain("✓ equal");
    expect(await submeter("corrections list")).toContain("There are no corrections");
    expect(await submeter("contracts end acme --at 2026-01-19 --reason over")).toContain("ends at");
    expect(await submeter("contracts show acme")).toContain("Versions");
  });

  test("a refusal keeps its code and hint", { timeout: slowMs }, async () => {
    const collector = await startTestCollector();
    const session = await runWords(["customers", "show", "nobody"], {
      environment: { SUBMETER_URL: collector.url, SUBMETER_TOKEN: collector.token },
    });
    expect(session.exitCode).toBe(1);
    expect(session.errors).toContain("(customer_unknown)");
    expect(session.errors).toContain("→");
  });

  test("a wrong token is refused", { timeout: slowMs }, async () => {
    const collector = await startTestCollector();
    const session = await runWords(["customers", "list"], {
      environment: { SUBMETER_URL: collector.url, SUBMETER_TOKEN: "sop_of-nobody" },
    });
    expect(session).toMatchObject({ exitCode: 1, out: "" });
    expect(session.errors).toContain("(token_refused)");
  });
});
