/** The master key is rotated while two collectors serve, and neither of them is ever without it. */

import { describe, expect, onTestFinished, test } from "vitest";
import { freshDatabase } from "@submeter/collector/store/database.fixture";
import { formatInstant } from "@submeter/shared/time/instant";
import {
  deliver,
  openTestJournal,
  testJournalId,
  type TestJournal,
} from "../../packages/collector/src/ingest/agent.fixture.ts";
import { runProgram, startProgram } from "../programs.fixture.ts";
import { enrol, type Ready } from "./running.fixture.ts";

const old = "5a".repeat(32);
const next = "a5".repeat(32);
const start = Math.floor(Date.parse("2026-01-05T00:00:00Z") / 1000);

describe("rotating the master key", { timeout: 60_000 }, () => {
  test("takes no collector down: each verifies what the other issued, before, while and after", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    const common = { DATABASE_URL: database.url, SUBMETER_PAYMENTS: "none" };
    const withOld = { ...common, SUBMETER_MASTER_KEY: old };
    const both = { ...common, SUBMETER_MASTER_KEY: next, SUBMETER_MASTER_KEY_PREVIOUS: old };
    const withNext = { ...common, SUBMETER_MASTER_KEY: next };
    const token = (await runProgram("collector", ["init"], common)).stdout.trim();
    const serve = async (environment: Record<string, string>) => {
      const program = startProgram("collector", ["run", "--port", "0"], environment);
      const { url } = JSON.parse(await program.line(/^\{"url"/)) as Ready;
      return { program, ready: { url, token } as Ready };
    };
    let journals = 0;
    const installed = async (at: Ready, id: string): Promise<TestJournal> => {
      const key = await enrol(at, id);
      journals += 1;
      return openTestJournal({ key, journal: testJournalId(journals), start });
    };
    const counted = async (at: Ready, journal: TestJournal) =>
      (await deliver(at.url, journal, journal.seal())).receipt.outcome;

    const first = await serve(withOld);
    const second = await serve(both);
    // Issued by the one that knows both, verified by the one that knows only the old.
    const beta = await installed(second.ready, "beta");
    expect(await counted(first.ready, beta)).toBe("accepted");
    expect(await first.program.end("SIGTERM")).toMatchObject({ code: 0 });

    const third = await serve(both);
    const stopped = new AbortController();
    const busy = (async () => {
      let outcomes = 0;
      while (!stopped.signal.aborted) {
        const made = await installed(third.ready, `busy-${outcomes}`);
        expect(await counted(second.ready, made)).toBe("accepted");
        outcomes += 1;
      }
      return outcomes;
    })();
    const rotated = await runProgram(
      "collector",
      ["rotate-master-key", "--reason", `yearly, ${formatInstant(start)}`],
      both,
    );
    expect(rotated).toMatchObject({ code: 0, stderr: "" });
    expect(rotated.stdout).toContain("master key 2 seals everything now");
    stopped.abort();
    expect(await busy).toBeGreaterThan(0);

    const last = await serve(withNext);
    expect(await counted(last.ready, beta)).toBe("accepted");
    const left = await runProgram("collector", ["run", "--port", "0"], withOld);
    expect(left.code).toBe(1);
    expect(left.stderr).toContain("(master_key_mismatch)");
    const rows = await database.query<{ version: number }>(
      `select distinct master_key_version as version from installation_keys
       union select master_key_version from collector_keys`,
    );
    expect(rows).toEqual([{ version: 2 }]);
  });
});
