/**
 * Every state in which a crash can leave the agent's folder: one run is traced with strace, and what it wrote is written again,
 * call by call. The fault model: after SIGKILL the kernel has every call that returned; after a power cut each file has what
 * was written before its last fsync, and of what was written since then nothing, everything, or a part of it.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { programPaths } from "../programs.fixture.ts";

export const isTraceable = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

/** One system call that changes a file of the folder, or puts bytes on a socket. */
export type Operation =
  | { kind: "write"; path: string; at: number; bytes: Buffer }
  | { kind: "create" | "empty" | "unlink" | "sync"; path: string }
  | { kind: "truncate"; path: string; size: number }
  | { kind: "rename"; path: string; to: string }
  /** Of the folder itself: which files there are. */
  | { kind: "sync names" }
  | { kind: "sent"; bytes: Buffer };

const calls = "openat,pwrite64,write,writev,sendto,ftruncate,unlink,rename,fsync,fdatasync";

/** Runs the agent under strace while `use` uses it; resolves with what it did to `folder` and its sockets, in order. */
export async function tracedRun(
  environment: Record<string, string>,
  folder: string,
  output: string,
  use: () => Promise<void>,
): Promise<Operation[]> {
  const tracing = spawn(
    "strace",
    ["-f", "-y", "-xx", "-s", "1000000", "-o", output, "-e", `trace=${calls}`].concat([
      process.execPath,
      programPaths.agent,
      "run",
    ]),
    {
      env: { PATH: process.env["PATH"] ?? "", ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  onTestFinished(() => void tracing.kill("SIGKILL"));
  for await (const line of createInterface({ input: tracing.stderr })) {
    if (line.includes('"msg":"counting"')) break;
  }
  tracing.stderr.resume();
  await use();
  process.kill(tracedChild(tracing.pid), "SIGTERM");
  await once(tracing, "exit");
  return operationsOf(readFileSync(output, "latin1"), folder);
}

/** The process that strace started: to end strace itself would only end the tracing. */
export function tracedChild(parent: number | undefined): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
  const id = Number(children);
  if (!Number.isInteger(id) || id <= 0) throw new Error(`no single child: ${children}`);
  return id;
}

function operationsOf(trace: string, folder: string): Operation[] {
  const begun = new Map<string, string>();
  const operations: Operation[] = [];
  const positions = new Map<string, number>();
  for (const line of trace.split("\n")) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(text);
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (unfinished !== null) begun.set(thread, unfinished[1] ?? "");
    else {
      const whole = resumed === null ? text : `${begun.get(thread) ?? ""}${resumed[1] ?? ""}`;
      const operation = operationOf(whole, folder, positions);
      if (operation !== null) operations.push(operation);
    }
  }
  return operations;
}

function decoded(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}

/** `positions`: how far each file was written by plain writes, which name no place. */
function operationOf(
  text: string,
  folder: string,
  positions: Map<string, number>,
): Operation | null {
  const call = /^(\w+)\((.*)\) += (\d+)(?:<((?:\\x..)*)>)?$/.exec(text);
  if (call === null) return null;
  const [, name, args = "", result, opened] = call;
  const strings = [...args.matchAll(/"((?:\\x..)*)"/g)].map(([, hex = ""]) => decoded(hex));
  const [file] = [...args.matchAll(/^\d+<((?:\\x..)*)>/g)].map(([, hex = ""]) =>
    decoded(hex).toString(),
  );
  const inside = (path: string) => relative(folder, path);
  const isOurs = (path: string) => path.startsWith(`${folder}/`);
  if (name === "unlink" || name === "rename") {
    const [path = "", to = ""] = strings.map(String);
    if (!isOurs(path)) return null;
    if (name === "unlink") return { kind: "unlink", path: inside(path) };
    return { kind: "rename", path: inside(path), to: inside(to) };
  }
  if (name === "openat") {
    const path = decoded(opened ?? "").toString();
    if (!isOurs(path) || !args.includes("O_CREAT")) return null;
    if (!args.includes("O_APPEND")) positions.set(path, 0);
    return { kind: args.includes("O_TRUNC") ? "empty" : "create", path: inside(path) };
  }
  if (file === undefined) return null;
  if (file === folder && name === "fsync") return { kind: "sync names" };
  if (!isOurs(file)) {
    const isSocket = /^(socket|TCP)/.test(file);
    return isSocket ? { kind: "sent", bytes: Buffer.concat(strings) } : null;
  }
  const path = inside(file);
  if (name === "fsync" || name === "fdatasync") return { kind: "sync", path };
  const number = Number(/(\d+)$/.exec(args)?.[1]);
  if (name === "ftruncate") return { kind: "truncate", path, size: number };
  const bytes = Buffer.concat(strings).subarray(0, Number(result));
  if (name === "pwrite64") return { kind: "write", path, at: number, bytes };
  const at = positions.get(file) ?? 0;
  positions.set(file, at + bytes.length);
  return { kind: "write", path, at, bytes };
}

export type Files = ReadonlyMap<string, Buffer>;

export type CrashState = {
  /** How many operations had returned. */
  readonly after: number;
  readonly how:
    | "killed"
    | "power cut, nothing"
    | "power cut, only the last"
    | "power cut, no first";
  readonly files: Files;
};

const pageBytesLeast = 512;

/** In order, without those that look like one before them. `before`: what was in the folder when the run began. */
export function crashStates(
  operations: readonly Operation[],
  before: Files = new Map(),
): CrashState[] {
  const states: CrashState[] = [];
  const seen = new Set<string>();
  let durable = before;
  /** What the kernel has and the disk need not have. */
  let pending: Operation[] = [];
  const add = (state: CrashState) => {
    const key = [...state.files]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, bytes]) => `${path} ${bytes.toString("latin1")}`)
      .join("\n");
    if (!seen.has(key)) states.push(state);
    seen.add(key);
  };
  for (const [index, operation] of operations.entries()) {
    const after = index + 1;
    if (operation.kind === "sent") continue;
    if (operation.kind === "sync" || operation.kind === "sync names") {
      const isDurable = (one: Operation) =>
        operation.kind === "sync"
          ? "path" in one && one.path === operation.path
          : one.kind === "create" || one.kind === "unlink" || one.kind === "rename";
      durable = applied(durable, pending.filter(isDurable));
      pending = pending.filter((one) => !isDurable(one));
      continue;
    }
    pending.push(operation);
    add({ after, how: "killed", files: applied(durable, pending) });
    // Of several names that changed, a disk may keep the last change and not the first.
    if (operation.kind === "rename") {
      add({ after, how: "power cut, only the last", files: applied(durable, [operation]) });
    }
    // What says where a page belongs is written before it; a cut between the two looks like one before both.
    if (operation.kind !== "write" || operation.bytes.length < pageBytesLeast) continue;
    add({ after, how: "power cut, nothing", files: durable });
    add({ after, how: "power cut, only the last", files: applied(durable, [operation]) });
    add({ after, how: "power cut, no first", files: applied(durable, pending.slice(1)) });
  }
  return states;
}

function applied(files: Files, operations: readonly Operation[]): Files {
  const result = new Map(files);
  for (const operation of operations) apply(result, operation);
  return result;
}

function apply(files: Map<string, Buffer>, operation: Operation): void {
  switch (operation.kind) {
    case "create":
      if (!files.has(operation.path)) files.set(operation.path, Buffer.alloc(0));
      break;
    case "empty":
      files.set(operation.path, Buffer.alloc(0));
      break;
    case "write": {
      const before = files.get(operation.path) ?? Buffer.alloc(0);
      const end = operation.at + operation.bytes.length;
      const after = Buffer.alloc(Math.max(before.length, end));
      before.copy(after);
      operation.bytes.copy(after, operation.at);
      files.set(operation.path, after);
      break;
    }
    case "truncate": {
      const after = Buffer.alloc(operation.size);
      files.get(operation.path)?.copy(after);
      files.set(operation.path, after);
      break;
    }
    case "unlink":
      files.delete(operation.path);
      break;
    case "rename": {
      const moved = files.get(operation.path);
      if (moved !== undefined) files.set(operation.to, moved);
      files.delete(operation.path);
      break;
    }
    case "sync":
    case "sync names":
    case "sent":
      break;
  }
}

export function readFiles(folder: string): Files {
  return new Map(readdirSync(folder).map((path) => [path, readFileSync(join(folder, path))]));
}

export function writeFiles(folder: string, files: Files): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}
