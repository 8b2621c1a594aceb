/** `verify`: the whole journal proven from its own bytes, beside a running agent, after its end, and after it was tampered with. */

import { createHash } from "node:crypto";
import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileArchive, otherJournals } from "@submeter/agent/archive/file-archive";
import { openArchive } from "@submeter/agent/commands/open-archive";
import { schemaSteps } from "@submeter/agent/journal/schema";
import { verify } from "@submeter/agent/commands/verify";
import { parseKey } from "@submeter/shared/wire/key";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AgentWorld,
  agentWorld,
  installation,
  send,
  temporaryFolder,
} from "./agent.fixture.ts";
import { fakeKey } from "./fake-collector.fixture.ts";
import { local, spoken } from "./spoken.fixture.ts";

let world: AgentWorld;
let path: string;
beforeEach(async () => {
  world = await agentWorld();
  path = join(world.folder, "journal.sqlite");
});
afterEach(async () => {
  await world.end();
});

async function hourWith(quantity: number): Promise<void> {
  await send(world.agent, { meter: "tokens", quantity });
  world.clock.pass(3600);
  world.agent.sealNow();
  await world.agent.deliverNow();
}

const key = parseKey(fakeKey(installation));

async function verified(options: { json?: boolean; others?: string[] } = {}) {
  const archive = await openArchive(local(world.agent), path);
  return spoken((io) =>
    verify({ archive, others: options.others ?? [], key }, { json: options.json ?? false }, io),
  );
}

type Verdict = {
  ok: boolean;
  files: {
    name: string;
    unreadable: string | null;
    other_keys: string[];
    journals: {
      reports: number;
      proven: number;
      proofs: number;
      receipts: number;
      receipts_by_key: number;
      waiting: number;
      faults: { sequence: number; code: string }[];
    }[];
  }[];
};

async function verdict(others: string[] = []): Promise<Verdict & { code: number }> {
  const { code, text } = await verified({ json: true, others });
  return { ...(JSON.parse(text) as Verdict), code };
}

describe("a journal that nobody touched", () => {
  it("is sound while its agent runs: every digest, signature and receipt", async () => {
    for (const quantity of [1, 2, 4]) await hourWith(quantity);
    world.collector.interfere = () => ({ status: 503 });
    await hourWith(8);
    const { code, text } = await verified();
    expect(code).toBe(0);
    expect(text).toContain(`the agent at ${world.agent.url}`);
    expect(text).toMatch(/4 reports, sealed 2026-01-05 11:00:00 UTC to 2026-01-05 14:00:00 UTC\n/);
    expect(text).toContain("1 proven by 1 signature of the journal's own key");
    expect(text).toContain("3 receipts proven by the vendor's key, 3 also by ours; 1 report waits");
    expect(text).toMatch(
      /Sound: every report is as it was sealed, and every receipt is genuine\.\n$/,
    );
  });

  it("is read from its file when no agent runs, and the file stays as it was", async () => {
    await hourWith(1);
    await world.agent.close();
    const digest = () => createHash("sha256").update(readFileSync(path)).digest("hex");
    const before = digest();
    const { ok, files, code } = await verdict();
    expect({ ok, code, name: files[0]?.name }).toEqual({ ok: true, code: 0, name: path });
    expect(files[0]?.journals).toMatchObject([{ reports: 1, receipts: 1, receipts_by_key: 1 }]);
    expect(digest()).toBe(before);
    await world.restart();
    await hourWith(2);
    expect(world.collector.totals()).toEqual({ tokens: 3n });
  });

  it("is proven up to the newest day's first report, and whole by the final one", async () => {
    for (let hour = 0; hour < 30; hour += 1) await hourWith(1);
    expect((await verdict()).files[0]?.journals).toMatchObject([
      // 14 reports of the first day; the 15th, sealed at the full hour of the next, carries the next proof.
      { reports: 30, proofs: 2, proven: 14 },
    ]);
    await world.agent.retire();
    expect((await verdict()).files[0]?.journals).toMatchObject([{ proofs: 3, proven: 31 }]);
  });

  it("proves receipts of an earlier key by the collector's signature alone", async () => {
    await hourWith(1);
    const rotated = fakeKey(installation, "2");
    world.collector.keys.push(parseKey(rotated));
    await world.restart({ key: rotated });
    await hourWith(2);
    expect((await verdict()).files[0]?.journals).toMatchObject([
      { receipts: 2, receipts_by_key: 1, faults: [] },
    ]);
  });

  it("is read whole after a kill, when its newest pages lie in the log beside the file", async () => {
    await hourWith(1);
    const killed = temporaryFolder();
    cpSync(world.folder, killed.path, { recursive: true });
    const archive = fileArchive(join(killed.path, "journal.sqlite"));
    const { code, text } = await spoken((io) =>
      verify({ archive, others: [], key }, { json: false }, io),
    );
    expect(code).toBe(0);
    expect(text).toContain("1 receipt proven");
    killed.remove();
  });

  it("of an earlier version is brought forward in a copy, and stays as it was", () => {
    const old = join(world.folder, "old.sqlite");
    const database = new DatabaseSync(old);
    for (const step of schemaSteps.slice(0, 2)) database.exec(String(step));
    database.exec("pragma user_version = 2");
    database.close();
    const before = readFileSync(old);
    const archive = fileArchive(old);
    expect(archive.journals).toEqual([]);
    archive.close();
    expect(readFileSync(old).equals(before)).toBe(true);
  });

  it("that has sealed nothing yet is said to be empty", async () => {
    const { code, text } = await verified();
    expect(code).toBe(0);
    expect(text).toContain("0 reports");
  });
});

/** Opens the file as somebody who means harm would. */
function tamper(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

it("a file that is damaged where no report lies is not sound, and says so", async () => {
  await hourWith(1);
  await world.agent.close();
  const database = new DatabaseSync(path);
  const { rootpage } = database
    .prepare("select rootpage from sqlite_master where name = 'totals'")
    .get() as { rootpage: number };
  database.close();
  const bytes = readFileSync(path);
  bytes.fill(0x41, (rootpage - 1) * 4096, rootpage * 4096);
  writeFileSync(path, bytes);
  const { ok, code, files } = await verdict();
  expect({ ok, code, faults: files[0]?.journals.flatMap((journal) => journal.faults) }).toEqual({
    ok: false,
    code: 1,
    faults: [],
  });
  const { text } = await verified();
  expect(text).toMatch(/the file is damaged: .*\. Start the agent/);
  expect(text).toContain("Not sound: 1 fault.");
});

describe("a journal that somebody changed", () => {
  const zero = "00".repeat(64);
  it.each([
    {
      given: "a quantity in a sealed report",
      sql: `update reports set body = cast(replace(cast(body as text), '"quantity":"2"', '"quantity":"1"') as blob) where sequence = 2`,
      faults: [
        [2, "digest_differs"],
        [2, "receipt_of_other_report"],
        [3, "chain_broken"],
      ],
    },
    {
      given: "a digest beside its report",
      sql: `update reports set digest = '${"0".repeat(64)}' where sequence = 2`,
      faults: [[2, "digest_differs"]],
    },
    {
      given: "a report that is gone",
      sql: `delete from reports where sequence = 2`,
      faults: [[3, "report_missing"]],
    },
    {
      given: "the last report that is gone, with its receipt",
      sql: `delete from reports where sequence = 3; delete from receipts where sequence = 3`,
      faults: [[3, "report_missing"]],
    },
    {
      given: "a report that stands in another's place",
      sql: `update reports set sequence = 9 where sequence = 2; update reports set sequence = 2 where sequence = 3; update reports set sequence = 3 where sequence = 9`,
      faults: expect.arrayContaining([
        [2, "report_misplaced"],
        [3, "report_misplaced"],
      ]),
    },
    {
      given: "the journal's own signature",
      sql: `update reports set proof = replace(proof, 'signature":"proof=:', 'signature":"proof=:AAAA') where sequence = 1`,
      faults: [[1, "proof_invalid"]],
    },
    {
      given: "a first report without it",
      sql: `update reports set proof = null where sequence = 1`,
      faults: [[1, "proof_missing"]],
    },
    {
      given: "a receipt that is gone",
      sql: `delete from receipts where sequence = 2`,
      faults: [[2, "receipt_missing"]],
    },
    {
      given: "the outcome that a receipt gives",
      sql: `update receipts set body = cast(replace(cast(body as text), 'accepted', 'rejected') as blob) where sequence = 2`,
      faults: [
        [2, "receipt_of_other_report"],
        [2, "receipt_signature_invalid"],
        [2, "receipt_signature_invalid"],
      ],
    },
    {
      given: "the shared signature of a receipt",
      sql: `update receipts set sub = (select sub from receipts where sequence = 1) where sequence = 2`,
      faults: [[2, "receipt_signature_invalid"]],
    },
    {
      given: "a receipt that is no JSON",
      sql: `update receipts set body = x'${zero}' where sequence = 2`,
      faults: [[2, "receipt_unreadable"]],
    },
    {
      given: "a report that is no JSON",
      sql: `update reports set body = x'${zero}' where sequence = 3`,
      faults: expect.arrayContaining([[3, "report_unreadable"]]),
    },
  ])("is told apart by the report: $given", async ({ sql, faults }) => {
    for (const quantity of [1, 2, 4]) await hourWith(quantity);
    await world.agent.close();
    tamper(sql);
    const { ok, code, files } = await verdict();
    expect({ ok, code }).toEqual({ ok: false, code: 1 });
    const found = files[0]?.journals.flatMap((journal) => journal.faults) ?? [];
    expect(found.map((fault) => [fault.sequence, fault.code])).toEqual(faults);
    const { text } = await verified();
    expect(text).toMatch(/report \d+: .* \([a-z_]+\)\n/);
    expect(text).toContain("Not sound");
  });

  it("that answers with receipts of another collector says by whose key they are proven", async () => {
    await hourWith(1);
    await world.agent.close();
    tamper(
      `update knowledge set value = '{"collector":"vendor","publicKeys":[]}' where name = 'pins'`,
    );
    const { ok, files } = await verdict();
    expect(ok).toBe(true);
    expect(files[0]?.other_keys).toEqual([world.collector.signer.publicKey]);
  });
});

describe("journals that lie beside the current one", () => {
  it("are verified too, and one that cannot be read is a fault", async () => {
    await hourWith(1);
    await world.agent.close();
    copyFileSync(path, join(world.folder, "journal.sqlite.corrupt-1"));
    expect(otherJournals(world.folder, path)).toHaveLength(1);
    expect((await verdict(otherJournals(world.folder, path))).files).toHaveLength(2);
    writeFileSync(join(world.folder, "journal-0.sqlite"), "x".repeat(5000));
    const { ok, code, files } = await verdict(otherJournals(world.folder, path));
    expect({ ok, code }).toEqual({ ok: false, code: 1 });
    expect(files.map(({ unreadable }) => unreadable !== null)).toEqual([false, true, false]);
  });

  it("are never the companions that SQLite writes beside a file", () => {
    for (const name of ["journal.sqlite-wal", "journal.sqlite-shm"]) {
      writeFileSync(join(world.folder, name), "");
    }
    expect(otherJournals(world.folder, path)).toEqual([]);
  });
});

it("a file that an agent holds, asked for by its path, says who holds it", () => {
  expect(() => fileArchive(path)).toThrow(expect.objectContaining({ code: "journal_in_use" }));
  expect(() => fileArchive(join(world.folder, "none"))).toThrow(
    expect.objectContaining({ code: "file_unreadable" }),
  );
});
