import { expect, it, vi } from "vitest";
import { startBillingJobs } from "./billing-jobs.ts";
import {
  agree,
  contractOf,
  enrol,
  freshLife,
  newJournal,
  report,
} from "./contract-life.fixture.ts";

it("the minute's job closes what is due, and stops when it is told to", async () => {
  const life = await freshLife("2026-02-02T00:00:00Z");
  const jobs = await startBillingJobs(life.context, life.database.url);
  try {
    await agree(life, contractOf("acme"));
    await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
    await report(life, newJournal("acme-eu"), {
      from: "2026-01-01T00:00:00Z",
      to: "2026-02-01T00:00:00Z",
      requests: 250_000,
    });
    // What the crontab adds at the full minute.
    await life.database.query("select graphile_worker.add_job('billing_due_work')");
    await vi.waitFor(
      async () => {
        const rows = await life.database.query("select id from invoices");
        expect(rows).toEqual([{ id: "inv_acme_20260101T00_1" }]);
      },
      { timeout: 20_000, interval: 50 },
    );
  } finally {
    await jobs.stop();
    await life.close();
  }
});
