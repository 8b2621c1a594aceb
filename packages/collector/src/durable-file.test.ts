/** What a power cut must not take: the order in which bytes and names reach the disk. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { renameDurably, writeDurably } from "./durable-file.ts";

vi.mock("node:fs/promises", { spy: true });

let folder: string;
let told: string[];

/** Each rename and each sync, in order, as the disk is told of them. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "submeter-durable-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  told = [];
  const real = await vi.importActual<typeof files>("node:fs/promises");
  vi.mocked(files.rename).mockImplementation(async (from, to) => {
    await real.rename(from, to);
    told.push(`rename ${String(to).slice(folder.length)}`);
  });
  vi.mocked(files.writeFile).mockImplementation(async (path, text, options) => {
    await real.writeFile(path, text, options);
    const flushed = typeof options === "object" && options?.flush === true;
    told.push(`${flushed ? "flushed" : "written"} ${(path as string).slice(folder.length)}`);
  });
  vi.mocked(files.open).mockImplementation(async (path, ...rest) => {
    const handle = await real.open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      told.push(`synced ${String(path).slice(folder.length)}/`);
    };
    return handle;
  });
});

test("a file takes its name for good once its folder is synced", async () => {
  writeFileSync(join(folder, "new"), "whole");
  await renameDurably(join(folder, "new"), join(folder, "name"));
  expect(told).toEqual(["rename /name", "synced /"]);
  expect(readFileSync(join(folder, "name"), "utf8")).toBe("whole");
});

test("a text is written beside the old one, and is complete before it takes its place", async () => {
  writeFileSync(join(folder, "name"), "old");
  await writeDurably(join(folder, "name"), "new");
  expect(told).toEqual(["flushed /name.partial", "rename /name", "synced /"]);
  expect(readFileSync(join(folder, "name"), "utf8")).toBe("new");
  expect(readdirSync(folder)).toEqual(["name"]);
});

test("what could not be written leaves nothing behind, and the old file as it was", async () => {
  writeFileSync(join(folder, "name"), "old");
  vi.mocked(files.rename).mockRejectedValueOnce(new Error("no room"));
  await expect(writeDurably(join(folder, "name"), "new")).rejects.toThrow("no room");
  expect(readdirSync(folder)).toEqual(["name"]);
  expect(readFileSync(join(folder, "name"), "utf8")).toBe("old");
});
