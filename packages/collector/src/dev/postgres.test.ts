import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../store/database.ts";
import { startEmbeddedPostgres } from "./postgres.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "submeter-embedded-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe("the embedded PostgreSQL", { timeout: 30_000 }, () => {
  test("is PostgreSQL, on the loopback, with a password, and durable unless told otherwise", async () => {
    const server = await startEmbeddedPostgres({ directory: folder() });
    onTestFinished(() => server.stop());
    const database = openDatabase(server.url);
    onTestFinished(() => database.close());
    const [row] = await database.query<{ fsync: string; addresses: string; version: number }>(
      `select current_setting('fsync') as fsync, current_setting('listen_addresses') as addresses,
              current_setting('server_version_num')::int / 10000 as version`,
    );
    expect(row).toMatchObject({ fsync: "on", addresses: "127.0.0.1" });
    expect(row?.version).toBeGreaterThanOrEqual(15);
    const wrong = openDatabase(server.url.replace(/:[0-9a-f]+@/, ":guess@"));
    onTestFinished(() => wrong.close());
    await expect(wrong.query("select 1")).rejects.toThrow(/password/);
  });

  test("finds its data again in the same folder, private as it may be", async () => {
    const directory = join(folder(), "kept");
    const first = await startEmbeddedPostgres({ directory, fsync: false });
    const before = openDatabase(first.url);
    await before.query("create table kept (n int)");
    await before.close();
    await first.stop();
    const second = await startEmbeddedPostgres({ directory, fsync: false });
    onTestFinished(() => second.stop());
    const after = openDatabase(second.url);
    onTestFinished(() => after.close());
    expect(await after.query("select * from kept")).toEqual([]);
  });

  test("is gone with its folder when it is stopped", async () => {
    const server = await startEmbeddedPostgres({ fsync: false });
    const database = openDatabase(server.url);
    const [row] = await database.query<{ data: string }>(
      "select current_setting('data_directory') as data",
    );
    await database.close();
    const data = row?.data ?? "";
    const pid = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
    await server.stop();
    expect(existsSync(data)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow();
  });

  test.skipIf(process.getuid?.() !== 0)(
    "says what to do when root names a folder that nobody else may enter",
    async () => {
      const closed = folder();
      const inner = join(closed, "inner");
      mkdirSync(inner);
      chmodSync(closed, 0o700);
      await expect(
        startEmbeddedPostgres({ directory: join(inner, "postgres") }),
      ).rejects.toMatchObject({ code: "postgres_directory_unreachable" });
    },
  );
});
