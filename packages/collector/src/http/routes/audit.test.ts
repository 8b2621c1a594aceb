/** The audit log over HTTP and through `submeter`: found by whom, what and when, and verified by the reader himself. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startTestCollector, type TestCollector } from "../../collector.fixture.ts";
import { runWords } from "../../operator/operator-session.fixture.ts";

async function lived(): Promise<TestCollector> {
  const collector = await startTestCollector();
  await collector.enrol("acme");
  collector.clock.moveTo(collector.clock.now() + 3600);
  await collector.api("POST", "/installations/acme/keys", { reason: "yearly" });
  const revoked = { mode: "compromised", reason: "leaked" };
  await collector.api("POST", "/installations/acme/keys/1/revoke", revoked);
  return collector;
}

const actionsOf = (answer: { body: { items: { action: string }[] } }) =>
  answer.body.items.map(({ action }) => action);

describe("/api/v1/audit", () => {
  test("is found by subject, person, action and time, newest first and page by page", async () => {
    const { api } = await lived();
    expect(actionsOf(await api("GET", "/audit"))).toEqual([
      "key.revoked",
      "key.rotated",
      "installation.enrolled",
      "customer.added",
      "token.issued",
    ]);
    expect(actionsOf(await api("GET", "/audit?action=key"))).toHaveLength(2);
    expect(actionsOf(await api("GET", "/audit?action=key.revoked"))).toEqual(["key.revoked"]);
    expect(actionsOf(await api("GET", "/audit?who=submeter"))).toEqual(["token.issued"]);
    expect(actionsOf(await api("GET", "/audit?subject=customer:customer-of-acme"))).toEqual([
      "customer.added",
    ]);
    expect(actionsOf(await api("GET", "/audit?from=2026-01-05T01:00:00Z"))).toHaveLength(2);
    expect(actionsOf(await api("GET", "/audit?to=2026-01-05T01:00:00Z"))).toHaveLength(3);
    const { body: first } = await api("GET", "/audit?limit=3");
    const second = await api("GET", `/audit?limit=3&cursor=${first.next}`);
    expect(actionsOf(second)).toEqual(["customer.added", "token.issued"]);
    expect(second.body.next).toBeNull();
  });

  test("says why, and what was before and after", async () => {
    const { api } = await lived();
    const { body } = await api("GET", "/audit?limit=2");
    expect(body.items).toMatchObject([
      {
        number: 5,
        who: "owner",
        subject: "installation:acme",
        reason: "leaked",
        before: { number: "1", state: "verify-only" },
        after: { number: "1", state: "compromised" },
      },
      { number: 4, reason: "yearly", before: [{ number: "1", state: "active" }] },
    ]);
  });

  test("is exported and verified, at the collector and from the file, until one letter of it is another", async () => {
    const collector = await lived();
    const folder = await mkdtemp(join(tmpdir(), "audit-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "audit.ndjson");
    const environment = { SUBMETER_URL: collector.url, SUBMETER_TOKEN: collector.token };
    const submeter = (...words: string[]) => runWords(words, { environment });

    expect(await submeter("audit", "verify")).toMatchObject({ exitCode: 0 });
    expect(await submeter("audit", "export", "--out", file)).toMatchObject({ exitCode: 0 });
    const again = await submeter("audit", "export", "--out", file);
    expect(again.errors).toContain("file_exists");
    const whole = await runWords(["audit", "verify", "--file", file, "--json"]);
    expect(JSON.parse(whole.out)).toMatchObject({ kind: "intact", entries: 5 });

    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("yearly", "Yearly"));
    const altered = await runWords(["audit", "verify", "--file", file]);
    expect(altered.exitCode).toBe(1);
    expect(altered.out).toContain("✗ broken  at entry 4");
    await writeFile(file, `${text}no entry\n`);
    const malformed = await runWords(["audit", "verify", "--file", file]);
    expect(malformed.errors).toContain("audit_file_malformed");
  });
});
