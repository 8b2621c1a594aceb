/** The folder that ships: built, carried elsewhere, and run by a user who may do nothing else. */

import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { DgramSocket } from "node-unix-socket";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  type AgentFolder,
  type Target,
  buildAgentFolder,
} from "../../scripts/bundle/agent-folder.ts";
import { assetPaths } from "@submeter/agent/page/assets";
import type { AgentStatus } from "@submeter/agent/status";
import { counted, temporaryFolder } from "./agent.fixture.ts";
import { processWorld } from "./processes.fixture.ts";

const target = `linux-${process.arch}` as Target;
const unit = resolve(import.meta.dirname, "../../deploy/systemd/submeter-agent.service");
/** Debian's and everybody's nobody. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
if (!isRoot) {
  console.warn(
    "NOT PROVEN HERE: only root can start the shipped folder as another user; it runs as this one",
  );
}
const isVerifiable = spawnSync("systemd-analyze", ["--version"]).status === 0;
if (!isVerifiable) {
  console.warn(
    "SKIPPED, NOT PROVEN HERE: systemd-analyze is not on this machine, so the unit was not verified",
  );
}

let folder: string;
let built: AgentFolder;
beforeAll(async () => {
  const { path, remove } = temporaryFolder();
  chmodSync(path, 0o755);
  built = await buildAgentFolder(target, join(path, "made"));
  folder = join(path, "opt");
  renameSync(built.folder, folder);
  // The Node that runs it lies beside it, and nothing else of this project is in reach.
  copyFileSync(process.execPath, join(folder, "node"), constants.COPYFILE_FICLONE);
  chmodSync(join(folder, "node"), 0o755);
  return remove;
});

type Ended = { code: number | null; stdout: string; stderr: string };

function start(args: readonly string[], environment: Record<string, string>) {
  const options: SpawnOptions = {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    ...(isRoot ? { uid: nobody, gid: nobody } : {}),
  };
  const child = spawn(join(folder, "submeter-agent"), args, options);
  onTestFinished(() => void child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  child.stdout?.on("data", (part: Buffer) => (texts.stdout += part.toString()));
  child.stderr?.on("data", (part: Buffer) => (texts.stderr += part.toString()));
  const ended: Promise<Ended> = once(child, "close").then(([code]) => ({
    code: code as number | null,
    ...texts,
  }));
  return { child, ended };
}

async function run(args: readonly string[], environment: Record<string, string>): Promise<Ended> {
  return start(args, environment).ended;
}

describe("the shipped folder", { timeout: 60_000 }, () => {
  it("holds the program, its native parts, its notices and its unit, and no node_modules", () => {
    const names = readdirSync(folder);
    expect(names).not.toContain("node_modules");
    expect(names).toEqual(
      expect.arrayContaining([
        "submeter-agent",
        "main.js",
        "agent.js",
        `${target}.node`,
        "LICENSES.txt",
        "README.md",
        "submeter-agent.service",
      ]),
    );
    const notices = readFileSync(join(folder, "LICENSES.txt"), "utf8");
    for (const [, name] of notices.matchAll(/^=+\n\n(.*)$/gm)) {
      expect(notices).toMatch(new RegExp(`${name?.replaceAll(/[^\w ]/g, ".")}\n\n[^=]`));
    }
    expect(notices).toContain("better-sqlite3 13.2.0 (MIT)");
  });

  it("counts, previews, flushes and tells its status as an unprivileged user with a state of its own", async () => {
    const world = await processWorld();
    const { path: home, remove } = temporaryFolder();
    onTestFinished(remove);
    if (isRoot) chownSync(home, nobody, nobody);
    const meters = join(home, "meters.json");
    copyFileSync(world.environment["SUBMETER_METERS"] ?? "", meters);
    chmodSync(meters, 0o644);
    const ways = join(home, "ways.json");
    const statsd = { listen: ["udp:127.0.0.1:0", `unix:${join(home, "statsd.sock")}`] };
    writeFileSync(ways, JSON.stringify({ version: 1, statsd }), { mode: 0o644 });
    const state = join(home, "state");
    const environment = {
      ...world.environment,
      SUBMETER_METERS: meters,
      SUBMETER_WAYS: ways,
      SUBMETER_AGENT_STATE: state,
    };
    const { child, ended } = start(["run"], environment);
    let url = "";
    for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
      if (!line.includes('"msg":"counting"')) continue;
      url = (JSON.parse(line) as { url: string }).url;
      break;
    }
    const events = join(home, "events.ndjson");
    writeFileSync(events, '{"meter":"tokens","quantity":"41"}\n', { mode: 0o644 });
    expect(await run(["count", events], environment)).toMatchObject({
      code: 0,
      stdout: "1 event counted, 0 duplicates, 0 rejected\n",
    });
    const preview = await run(["preview", "--json"], environment);
    expect(JSON.parse(preview.stdout)).toMatchObject({ usage: [{ quantity: "41" }] });
    // The thread that receives, and the native library for Unix datagrams, are in the folder too.
    const { ways: further } = (await (await fetch(`${url}/v1/status`)).json()) as AgentStatus;
    const [udp = "", unix = ""] = further.statsd?.listening ?? [];
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    socket.send("tokens:1000|c", Number(udp.split(":").at(-1)), "127.0.0.1");
    const datagrams = new DgramSocket();
    datagrams.sendTo(Buffer.from("tokens:2000|c"), 0, 13, unix.slice("unix:".length), () => {});
    onTestFinished(() => {
      datagrams.close();
    });
    await expect.poll(() => counted({ url })).toEqual([expect.stringContaining("tokens 3041 ")]);
    expect(await run(["flush"], environment)).toMatchObject({ code: 0 });
    const status = await run(["status", "--json"], environment);
    expect(JSON.parse(status.stdout)).toMatchObject({ backlog: { reports: 0 } });
    expect(world.collector.totals()).toEqual({ tokens: 3041n });

    const { mode, uid } = statSync(state);
    expect(mode & 0o777).toBe(0o700);
    expect(uid).toBe(isRoot ? nobody : process.getuid?.());
    for (const name of readdirSync(state)) {
      expect({ name, mode: statSync(join(state, name)).mode & 0o777 }).toEqual({
        name,
        mode: 0o600,
      });
    }
    for (const path of assetPaths) expect((await fetch(`${url}${path}`)).status).toBe(200);
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
  });

  it("says so when there is no Node, or one that is too old", async () => {
    const missing = await run(["version"], { SUBMETER_NODE: "/nowhere/node" });
    expect(missing).toMatchObject({ code: 2, stdout: "" });
    expect(missing.stderr).toMatch(/no Node to run on: \/nowhere\/node \(node_missing\)\n {2}→ /);

    const { path, remove } = temporaryFolder();
    onTestFinished(remove);
    chmodSync(path, 0o755);
    const old = join(path, "node");
    const posing = `Object.defineProperty(process,"versions",{value:{node:"20.19.0"}})`;
    writeFileSync(
      old,
      `#!/bin/sh\nexec "${folder}/node" --import 'data:text/javascript,${posing}' "$@"\n`,
      { mode: 0o755 },
    );
    const refused = await run(["run"], { SUBMETER_NODE: old });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/Node 20\.19\.0, which is too old \(node_too_old\)\n {2}→ /);
  });

  it.skipIf(!isVerifiable)("comes with a unit that systemd understands and finds safe", () => {
    const { path, remove } = temporaryFolder();
    onTestFinished(remove);
    mkdirSync(path, { recursive: true });
    const copy = join(path, "submeter-agent.service");
    writeFileSync(
      copy,
      readFileSync(unit, "utf8").replace(
        /^ExecStart=\S+/m,
        `ExecStart=${join(folder, "submeter-agent")}`,
      ),
    );
    const verified = spawnSync("systemd-analyze", ["verify", copy], { encoding: "utf8" });
    expect({ code: verified.status, said: verified.stderr }).toEqual({ code: 0, said: "" });
    const offline = ["security", "--offline=true", "--threshold=20", copy];
    const security = spawnSync("systemd-analyze", offline, { encoding: "utf8" });
    expect({ code: security.status, said: security.stderr }).toEqual({ code: 0, said: "" });
  });
});
