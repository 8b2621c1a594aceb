import { describe, expect, onTestFinished, test } from "vitest";
import { formatInstant } from "@submeter/shared/time/instant";
import type { Report } from "@submeter/shared/wire/report";
import { startTestCollector, testStart } from "../collector.fixture.ts";
import type { Database } from "../store/database.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { findWindows, type UsageWindow, writeWindows } from "../store/usage.ts";
import { deliver, openTestJournal, testJournalId } from "./agent.fixture.ts";

const hour = 3600;

function line(
  meter: string,
  quantity: string,
  dimensions: Record<string, string> = {},
): Report["usage"][number] {
  return { meter, window: formatInstant(testStart), dimensions, quantity };
}

async function acme() {
  const collector = await startTestCollector();
  const key = await collector.enrol("acme");
  collector.clock.moveTo(testStart + 12 * hour);
  const journal = (n: number) =>
    openTestJournal({ key, journal: testJournalId(n), start: testStart });
  return { collector, journal };
}

async function lines(database: Database): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select concat_ws(' ', meter, dimensions, subject, quantity) as line from usage_hourly
      order by journal, meter, dimensions collate "C"`,
  );
  return rows.map((row) => row.line);
}

describe("the hour of a journal", () => {
  test("adds up what several reports say of it, and keeps the greatest of a max meter, whatever came first", async () => {
    const { collector, journal } = await acme();
    const sender = journal(1);
    const said = [
      [line("requests", "5"), line("seats", "7"), line("tokens", "0.125", { model: "a" })],
      [line("requests", "3"), line("seats", "4"), line("tokens", "2", { model: "b" })],
      [line("seats", "9"), line("tokens", "0.375", { model: "a" })],
    ];
    for (const usage of said) await deliver(collector.url, sender, sender.seal({ usage }));
    expect(await lines(collector.database)).toEqual([
      "requests {}  8",
      "seats {}  9",
      'tokens {"model":"a"}  0.5',
      'tokens {"model":"b"}  2',
    ]);
  });

  test("adds up in the transaction that several reports share, and on what was there before it", async () => {
    const { collector, journal } = await acme();
    const sender = journal(1);
    const [first, ...others] = Array.from({ length: 8 }, (_, n) =>
      sender.seal({ usage: [line("requests", String(10 ** n)), line("seats", String(n + 1))] }),
    );
    if (first !== undefined) await deliver(collector.url, sender, first);
    await Promise.all(others.map((sealed) => deliver(collector.url, sender, sealed)));
    expect(await lines(collector.database)).toEqual(["requests {}  11111111", "seats {}  8"]);
    const rows = await collector.database.query("select from usage_windows");
    expect(rows).toHaveLength(1);
  });

  test("is one of each journal, and no journal's lines become another's", async () => {
    const { collector, journal } = await acme();
    for (const sender of [journal(1), journal(2)]) {
      await deliver(collector.url, sender, sender.seal({ usage: [line("seats", "5")] }));
    }
    expect(await lines(collector.database)).toEqual(["seats {}  5", "seats {}  5"]);
  });

  test("gives every label back as it was sent, blanks, quotes and the subject included", async () => {
    const { collector, journal } = await acme();
    const sender = journal(1);
    const dimensions = { model: 'a "b" \\ {c}, d', subject: "team one" };
    const usage = [line("requests", "999999999999999999", dimensions), line("tokens", "1")];
    await deliver(collector.url, sender, sender.seal({ usage }));
    await deliver(collector.url, sender, sender.seal({ usage }));
    const rows = await collector.database.query("select * from usage_hourly order by meter");
    expect(rows).toMatchObject([
      {
        meter: "requests",
        dimensions: JSON.stringify(dimensions),
        subject: "team one",
        quantity: "1999999999999999998",
      },
      { meter: "tokens", dimensions: "{}", subject: "", quantity: "2" },
    ]);
  });

  test("whose row appeared in spite of the lock is not overwritten: the transaction fails", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    const window = (quantity: string): UsageWindow => ({
      installation: "acme",
      journal: testJournalId(1),
      window: testStart,
      lines: new Map([["requests {}", quantity]]),
      stored: false,
    });
    await writeWindows(database, [window("5")]);
    await expect(writeWindows(database, [window("7")])).rejects.toThrow(/usage_windows_pkey/);
    expect(await findWindows(database, [window("")])).toEqual([{ ...window("5"), stored: true }]);
  });
});
