/** One master key follows another while both are in use. */

import { describe, expect, onTestFinished, test } from "vitest";
import {
  seededRandom,
  startTestCollector,
  testMasterKey,
  testStart,
} from "../collector.fixture.ts";
import { movableClock } from "../dev/movable-clock.ts";
import { endpointSecrets, issueSecret } from "../events/endpoint-secrets.ts";
import { entriesOf } from "../store/audit-log.fixture.ts";
import { keysOf } from "../store/installation-keys.ts";
import { lockMasterKeys, tablesOfSecrets } from "../store/master-keys.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { issueKey, openKey } from "./keys.ts";
import { type GivenMasterKeys, resolveMasterKey, sealingKey } from "./master-keys.ts";
import { rotateMasterKey } from "./rotate-master-key.ts";

const old = testMasterKey.bytes;
const next = new Uint8Array(32).fill(0xa5);
const clock = movableClock(testStart);
const random = seededRandom("rotation");

/** A collector with two installations, whose keys are sealed with the old master key. */
async function sealedWithOld() {
  const collector = await startTestCollector();
  const secrets = [await collector.enrol("acme"), await collector.enrol("beta")];
  const { database } = collector;
  const rotate = (given: GivenMasterKeys) =>
    rotateMasterKey({ database, clock, random, given, actor: { name: "x" }, reason: "yearly" });
  const opened = async (given: GivenMasterKeys) => {
    const masterKey = await resolveMasterKey(database, given, testStart);
    const rows = await keysOf(database, ["acme", "beta"]);
    return rows.map((row) => Buffer.from(openKey(masterKey, row)).toString("base64url"));
  };
  // A key ends with its secret and six characters of checksum.
  const expected = secrets.map((text) => text.slice(-49, -6));
  return { collector, database, rotate, opened, expected };
}

describe("the master key", () => {
  test("of a new database is the one that it is opened with first, and no other opens it", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    expect(await resolveMasterKey(database, { bytes: old }, testStart)).toMatchObject({
      version: 1,
    });
    await expect(resolveMasterKey(database, { bytes: next }, testStart)).rejects.toMatchObject({
      code: "master_key_mismatch",
    });
  });

  test("that is new seals nothing until it is rotated to: a process with the old one alone reads everything", async () => {
    const { database, opened, expected } = await sealedWithOld();
    const both = await resolveMasterKey(database, { bytes: next, previous: old }, testStart);
    const sealing = await database.transaction((db) => sealingKey(db, both));
    expect(sealing).toMatchObject({ version: 1, bytes: old });
    expect(await opened({ bytes: old })).toEqual(expected);
  });

  test("is rotated: everything opens with the new one alone, the collector's own key too, and it is on record", async () => {
    const { collector, database, rotate, opened, expected } = await sealedWithOld();
    const secrets = { database, masterKey: testMasterKey, random };
    await database.query(
      `insert into webhook_endpoints (id, url, types, description, created_at, created_by)
       values ('hook', 'https://x', '{}', '', now(), 'x')`,
    );
    const term = { now: testStart, overlapUntil: testStart };
    await database.transaction((db) => issueSecret(db, secrets, "hook", term));
    const [hook] = await endpointSecrets(secrets, "hook", testStart);
    const rotated = await rotate({ bytes: next, previous: old });
    expect(rotated).toEqual({ from: 1, to: 2, sealed: 4 });
    const masterKey = await resolveMasterKey(database, { bytes: next }, testStart);
    expect(await endpointSecrets({ database, masterKey }, "hook", testStart)).toEqual([hook]);
    expect(await opened({ bytes: next })).toEqual(expected);
    await expect(opened({ bytes: old })).rejects.toMatchObject({ code: "master_key_mismatch" });
    expect(await rotate({ bytes: next, previous: old })).toEqual({ from: 1, to: 2, sealed: 0 });
    expect((await entriesOf(database)).at(-1)).toMatchObject({
      action: "master_key.rotated",
      reason: "yearly",
    });
    await expect(collector.restart()).rejects.toMatchObject({ code: "master_key_mismatch" });
  });

  test("is rotated again, and never back to one that was in use", async () => {
    const { rotate, opened, expected } = await sealedWithOld();
    await rotate({ bytes: next, previous: old });
    const third = new Uint8Array(32).fill(0x33);
    expect(await rotate({ bytes: third, previous: next })).toMatchObject({ from: 2, to: 3 });
    expect(await opened({ bytes: third })).toEqual(expected);
    await expect(rotate({ bytes: next, previous: third })).rejects.toMatchObject({
      code: "master_key_used_before",
    });
  });

  test("is rotated in every table that holds a sealed secret", async () => {
    const { database } = await sealedWithOld();
    const rows = await database.query<{ name: string }>(
      `select relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
        where attname = 'master_key_version' and relkind = 'r' order by 1`,
    );
    const known = tablesOfSecrets().map(({ name }) => name as string);
    expect(rows.map(({ name }) => name)).toEqual(known.toSorted());
  });

  test("needs the one before it to be rotated to", async () => {
    const { rotate } = await sealedWithOld();
    await expect(rotate({ bytes: next })).rejects.toMatchObject({
      code: "master_key_previous_missing",
    });
  });

  test("waits for whoever is about to seal with the one before, so that nothing is left behind", async () => {
    const { database, rotate, opened } = await sealedWithOld();
    const both = await resolveMasterKey(database, { bytes: next, previous: old }, testStart);
    const sealedFirst = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const issuing = database.transaction(async (db) => {
      const context = { masterKey: both, random, publicUrl: () => "x" } as never;
      const { key } = await issueKey(db, context, "acme", testStart);
      sealedFirst.resolve();
      await goOn.promise;
      return key.number;
    });
    await sealedFirst.promise;
    const rotation = rotate({ bytes: next, previous: old });
    // The rotation stands in line for the lock before the transaction is let go.
    for (let waiting = 0; waiting === 0;) {
      const [row] = await database.query<{ count: number }>(
        "select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted",
      );
      waiting = row?.count ?? 0;
    }
    goOn.resolve();
    expect(await issuing).toBe("2");
    expect(await rotation).toMatchObject({ sealed: 4 });
    expect(await opened({ bytes: next })).toHaveLength(3);
  });

  test("is asked for in every transaction: a process that was started before seals with the new one", async () => {
    const { database, rotate } = await sealedWithOld();
    const both = await resolveMasterKey(database, { bytes: next, previous: old }, testStart);
    await rotate({ bytes: next, previous: old });
    const sealing = await database.transaction((db) => sealingKey(db, both));
    expect(sealing).toMatchObject({ version: 2, bytes: next });
    const late = { version: 1, bytes: old };
    await expect(database.transaction((db) => sealingKey(db, late))).rejects.toMatchObject({
      code: "master_key_mismatch",
    });
    await database.transaction((db) => lockMasterKeys(db, "exclusive"));
  });
});
