/** The operator's path against the real collector: what the scripted one answers is what this one does. */

import { describe, expect, test } from "vitest";

import { startTestCollector, type TestCollector } from "../collector.fixture.ts";
import { runWords, type Session } from "./operator-session.fixture.ts";

function operatorOf(collector: TestCollector) {
  const environment = { SUBMETER_URL: collector.url, SUBMETER_TOKEN: collector.token };
  return async (typed: string, input?: string): Promise<Session> => {
    const session = await runWords(typed.split(" "), {
      environment,
      ...(input === undefined ? {} : { input }),
    });
    expect({ typed, errors: session.errors }).toEqual({ typed, errors: "" });
    return session;
  };
}

describe("against the real collector", () => {
  test("a customer is taken in, moved and retired", async () => {
    const submeter = operatorOf(await startTestCollector());

    expect((await submeter("customers list")).out).toContain("There are no customers yet.");
    await submeter("customers add acme --name Acme");
    await submeter("customers add beta --name Beta --email b@beta.example");
    expect((await submeter("customers list")).out).toContain("2 customers");

    const added = await submeter("installations add acme-eu --customer acme --enrolled 2026-01-01");
    expect(added.out).toMatch(/TELEMETRY_HMAC_KEY=smk_acme-eu\.1_\S{49}/);
    expect((await submeter("installations list")).out).toContain("1 installation");
    expect((await submeter("installations list --customer beta")).out).toContain("None yet.");

    const rotated = await submeter("keys rotate acme-eu");
    expect(rotated.out).toMatch(/smk_acme-eu\.2_/);
    await submeter("keys revoke acme-eu 1 --mode compromised --reason leaked");
    const shown = await submeter("installations show acme-eu");
    expect(shown.out).toMatch(/1 +compromised .* from 2026-01-05 00:00 UTC/);
    expect(shown.out).toMatch(/2 +active/);

    const assigned = await submeter(
      "installations assign acme-eu --customer beta --from 2026-01-03T10:30:00Z",
    );
    expect(assigned.out).toContain("belongs to beta from 2026-01-03 10:00 UTC");
    const retired = await submeter("installations retire acme-eu --at 2026-01-04 --reason gone");
    expect(retired.out).toContain("is retired as of 2026-01-04 00:00 UTC");
  });

  test("a refusal keeps its code and hint", async () => {
    const collector = await startTestCollector();
    const session = await runWords(["customers", "show", "nobody"], {
      environment: { SUBMETER_URL: collector.url, SUBMETER_TOKEN: collector.token },
    });
    expect(session.exitCode).toBe(1);
    expect(session.errors).toContain("(customer_unknown)");
    expect(session.errors).toContain("→");
  });

  test("a wrong token is refused", async () => {
    const collector = await startTestCollector();
    const session = await runWords(["customers", "list"], {
      environment: { SUBMETER_URL: collector.url, SUBMETER_TOKEN: "sop_of-nobody" },
    });
    expect(session).toMatchObject({ exitCode: 1, out: "" });
    expect(session.errors).toContain("(token_refused)");
  });
});
