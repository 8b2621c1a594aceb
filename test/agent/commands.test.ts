/** The agent's commands as people and programs use them: real processes, their output and exit codes. */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programPaths, runProgram, startProgram } from "../programs.fixture.ts";
import { type ProcessWorld, processWorld } from "./processes.fixture.ts";

const run = (world: ProcessWorld, args: string[], input?: string) =>
  runProgram("agent", args, world.environment, input);

function events(world: ProcessWorld, lines: readonly unknown[]): string {
  const file = join(world.folder, "events.ndjson");
  writeFileSync(
    file,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  return file;
}

describe("submeter-agent", { timeout: 30_000 }, () => {
  it("counts a file, says which lines it could not, and counts none of them twice", async () => {
    const world = await processWorld();
    const agent = await world.startAgent();
    const file = events(world, [
      { meter: "tokens", quantity: 1 },
      "",
      "{broken",
      { meter: "nope", quantity: 1 },
      { meter: "tokens", quantity: "2", id: "own" },
    ]);
    const first = await run(world, ["count", file]);
    expect(first.code).toBe(1);
    expect(first.stdout).toBe("2 events counted, 0 duplicates, 2 rejected\n");
    expect(first.stderr).toMatch(/line 3: json_malformed: .*\n {2}→ /);
    expect(first.stderr).toMatch(/line 4: meter_unknown: .*\n {2}→ /);

    const again = await run(world, ["count", file, "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      accepted: 0,
      duplicates: 2,
      rejected: 2,
      rejected_lines: [{ line: 3 }, { line: 4 }],
    });
    await agent.end("SIGTERM");
  });

  it("counts standard input, whose lines need a name to be resumable", async () => {
    const world = await processWorld();
    const agent = await world.startAgent();
    const lines = '{"meter":"tokens","quantity":1}\n{"meter":"tokens","quantity":1}\n';
    const unnamed = await run(world, ["count", "--json"], lines);
    expect(unnamed.code).toBe(1);
    expect(JSON.parse(unnamed.stdout)).toMatchObject({
      rejected_lines: [{ code: "id_missing" }, {}],
    });
    for (const [accepted, duplicates] of [
      [2, 0],
      [0, 2],
    ]) {
      const named = await run(world, ["count", "-", "--source", "night-7", "--json"], lines);
      expect(JSON.parse(named.stdout)).toMatchObject({ accepted, duplicates, rejected: 0 });
    }
    await agent.end("SIGTERM");
  });

  it("waits for an agent that is down, says so, and goes on when it is there", async () => {
    const world = await processWorld();
    const file = events(world, [{ meter: "tokens", quantity: 1 }]);
    const counting = startProgram("agent", ["count", file], world.environment);
    await counting.line(
      /waiting for the agent at http:\/\/127\.0\.0\.1:\d+: agent_unreachable, for at most 5 min/,
    );
    const agent = await world.startAgent();
    expect(await counting.ended).toMatchObject({ code: 0 });
    await agent.end("SIGTERM");
  });

  it("says to programs as JSON what went wrong, with the same codes and exit codes", async () => {
    const world = await processWorld();
    for (const [args, code, exitCode] of [
      [["status"], "agent_unreachable", 3],
      [["history", "--from", "yesterday"], "flag_malformed", 2],
      [["stats"], "usage_malformed", 2],
      [["import-receipts", "/nowhere"], "file_unreadable", 2],
    ] as const) {
      const said = await run(world, [...args, "--json"]);
      expect({ args, code: said.code, stdout: said.stdout }).toEqual({
        args,
        code: exitCode,
        stdout: "",
      });
      const told = JSON.parse(said.stderr) as Record<string, string>;
      expect(told).toEqual({ code, detail: expect.any(String), hint: expect.any(String) });
    }
  });

  it("can run on what init wrote, wherever that lies, once the vendor's two lines are filled in", async () => {
    const world = await processWorld();
    const folder = join(world.folder, "Jo's agent");
    expect(await run(world, ["init", "--ways", "--dir", folder])).toMatchObject({ code: 0 });
    const file = join(folder, "submeter-agent.env");
    const { TELEMETRY_ENDPOINT: endpoint = "", TELEMETRY_HMAC_KEY: key = "" } = world.environment;
    const text = readFileSync(file, "utf8")
      .replace("TELEMETRY_ENDPOINT=", `TELEMETRY_ENDPOINT=${endpoint}`)
      .replace("TELEMETRY_HMAC_KEY=", `TELEMETRY_HMAC_KEY=${key}`);
    writeFileSync(file, text);
    // As the first lines of the file itself say.
    const read = text.match(/^# {3}(set -a; .*)$/m)?.[1] ?? "exit 9";
    const shell = spawnSync(
      "sh",
      ["-c", `${read}; exec "$0" "$1" validate --json`, process.execPath, programPaths.agent],
      { encoding: "utf8", env: { PATH: process.env["PATH"] ?? "" } },
    );
    expect(shell).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(shell.stdout)).toMatchObject({ state: join(folder, "state"), meters: 1 });
  });

  it("gives up waiting when it was told how long, and says what to do", async () => {
    const world = await processWorld();
    const file = events(world, [{ meter: "tokens", quantity: 1 }]);
    const counted = await run(world, ["count", file, "--wait", "0"]);
    expect(counted).toMatchObject({ code: 3 });
    expect(counted.stderr).toMatch(
      /^submeter-agent: .* \(agent_unreachable\)\n {2}→ start it with `submeter-agent run`/,
    );
  });

  it("shows how it stands, what would leave, and what left", async () => {
    const world = await processWorld();
    world.collector.fallbackAt =
      new Date(Date.now() + 71.5 * 3_600_000).toISOString().slice(0, 19) + "Z";
    const agent = await world.startAgent();
    await run(world, ["count", events(world, [{ meter: "tokens", quantity: "0.5" }])]);

    const preview = await run(world, ["preview"]);
    expect(preview.stdout).toContain("Report 1 of acme-prod, as it would be sealed now: 1 line,");
    expect(preview.stdout).toMatch(/Hour +Meter +Dimensions +Quantity\n.* UTC {2}tokens +0\.5\n/);
    const exact = await run(world, ["preview", "--json"]);
    expect(JSON.parse(exact.stdout)).toMatchObject({ sequence: 1, usage: [{ quantity: "0.5" }] });

    const flush = await run(world, ["flush"]);
    expect(flush).toMatchObject({ code: 0 });
    expect(flush.stdout).toMatch(
      /^Sealed report 1 \(.* (bytes|kB)\)\.\nDelivered 1 report; nothing waits\.\n$/,
    );

    const status = await run(world, ["status"]);
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/^acme-prod {2}Submeter agent \d/);
    expect(status.stdout).toMatch(/Counting +yes, 0 lines not sealed yet/);
    expect(status.stdout).toMatch(/Waiting +nothing/);
    expect(status.stdout).toMatch(/Last receipt +report 1 accepted, /);
    expect(status.stdout).toMatch(/Fallback +in 71 h (29|30) min \(.* UTC\) if no report arrives/);
    expect(status.stdout).toMatch(/Delivery +well/);
    const { key } = { key: world.environment["TELEMETRY_HMAC_KEY"] ?? "" };
    expect(agent.output().stderr + status.stdout).not.toContain(key.slice(-49));
    await agent.end("SIGTERM");
  });

  it("ends flush with 1 while something waits, and says why", async () => {
    const world = await processWorld();
    const agent = await world.startAgent();
    await world.collector.close();
    await run(world, ["count", events(world, [{ meter: "tokens", quantity: 1 }])]);
    const flush = await run(world, ["flush"]);
    expect(flush.code).toBe(1);
    expect(flush.stdout).toMatch(/Delivered 0 reports; 1 report waits: collector_unreachable, /);
    expect((await run(world, ["status"])).stdout).toMatch(/Waiting +1 report \(/);
    await agent.end("SIGTERM");
  });

  it("stops gracefully on SIGTERM and goes on where it stood", async () => {
    const world = await processWorld();
    const first = await world.startAgent();
    await run(world, ["count", events(world, [{ meter: "tokens", quantity: 7 }])]);
    expect((await first.end("SIGTERM")).code).toBe(0);
    const second = await world.startAgent();
    await run(world, ["flush"]);
    expect(world.collector.totals()).toEqual({ tokens: 7n });
    expect((await second.end("SIGINT")).code).toBe(0);
  });

  it.each([
    { given: "no command", args: [], code: "usage_malformed" },
    { given: "an unknown command", args: ["conut"], code: "usage_malformed" },
    { given: "an unknown flag", args: ["status", "--jsn"], code: "usage_malformed" },
    {
      given: "a batch that is no number",
      args: ["count", "--batch", "many"],
      code: "flag_malformed",
    },
    {
      given: "a run without an endpoint",
      args: ["run"],
      environment: { TELEMETRY_ENDPOINT: "" },
      code: "setting_missing",
    },
    {
      given: "a key that lost a character",
      args: ["run"],
      environment: { TELEMETRY_HMAC_KEY: "smk_acme-prod.1_x" },
      code: "key_malformed",
    },
  ])("refuses $given with exit 2, a code and a next step", async ({ args, environment, code }) => {
    const world = await processWorld();
    const ended = await runProgram("agent", args, { ...world.environment, ...environment });
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe("");
    expect(ended.stderr).toMatch(new RegExp(`^submeter-agent: .+ \\(${code}\\)\n {2}→ .+\n$`));
  });

  it("says whether a configuration can be used, without starting and without the key", async () => {
    const world = await processWorld();
    const valid = await run(world, ["validate", "--json"]);
    expect(valid.code).toBe(0);
    expect(JSON.parse(valid.stdout)).toMatchObject({ installation: "acme-prod", meters: 4 });
    expect(valid.stdout).not.toContain(world.environment["TELEMETRY_HMAC_KEY"]);
    const ways = join(world.folder, "ways.json");
    const further = {
      version: 1,
      otlp: { listen: "127.0.0.1:4318" },
      statsd: { listen: ["udp:127.0.0.1:8125"] },
      scrape: [{ source: "product", url: "http://engine.internal:8000/metrics?secret=1" }],
    };
    writeFileSync(ways, JSON.stringify(further));
    const listed = await run(world, ["validate", "--ways", ways]);
    expect(listed.stdout).toMatch(
      /Also takes +otlp:127\.0\.0\.1:4318, statsd:udp:127\.0\.0\.1:8125\n/,
    );
    expect(listed.stdout).toMatch(/Asks +http:\/\/engine\.internal:8000\/metrics\n/);
    writeFileSync(ways, '{"version":1,"names":{"x":"nothing"}}');
    const invalid = await run(world, ["validate", "--ways", ways]);
    expect(invalid).toMatchObject({ code: 2, stdout: "" });
    expect(invalid.stderr).toContain("leads to meter nothing");
  });

  it("says which agent it is and what it runs on", async () => {
    const world = await processWorld();
    const version = await run(world, ["version", "--json"]);
    expect(JSON.parse(version.stdout)).toMatchObject({
      agent: "0.1.0",
      wire: 1,
      node: process.versions.node,
      sqlite: expect.stringMatching(/^3\.\d+\.\d+$/),
    });
    expect((await run(world, ["version"])).stdout).toMatch(
      /^submeter-agent 0\.1\.0, wire version 1\n/,
    );
  });

  it("looks after itself: doctor, hold, pause, history and verify", async () => {
    const world = await processWorld();
    const agent = await world.startAgent();
    await run(world, ["count", events(world, [{ meter: "tokens", quantity: 7 }])]);
    expect(await run(world, ["hold", "on"])).toMatchObject({ code: 0 });
    const paused = await run(world, ["pause", "--until", "+2d", "--reason", "the plant is moved"]);
    expect(paused.stdout).toContain("sealed, and waits to be delivered with 1 report");
    expect((await run(world, ["hold", "off"])).stdout).toContain("Delivered 1 report.");
    expect(world.collector.reports()).toMatchObject([
      { x: { shutdowns: [{ reason: "the plant is moved" }] } },
    ]);
    expect((await run(world, ["doctor"])).stdout).toContain(
      "Nothing keeps usage from being counted and reported.",
    );
    await agent.end("SIGKILL");
    for (const verb of ["verify", "history"]) {
      const { code, stdout } = await run(world, [verb]);
      expect({ verb, code, stdout }).toMatchObject({ code: 0 });
    }
    const history = await run(world, ["history", "--by", "hour", "--json"]);
    expect(JSON.parse(history.stdout)).toMatchObject({
      rows: [{ reports: 1, received: 1, counts: [{ meter: "tokens", quantity: "7" }] }],
    });
  });

  it("describes what may leave, without an agent", async () => {
    const world = await processWorld();
    const described = await run(world, ["describe"]);
    expect(described.code).toBe(0);
    expect(described.stdout).toContain("requests in request");
  });

  it("refuses a second agent on the same state, and a port that is taken", async () => {
    const world = await processWorld();
    const agent = await world.startAgent();
    const second = await run(world, ["run", "--listen", "127.0.0.1:0"]);
    expect(second.stderr).toMatch(/^submeter-agent: .* \(journal_in_use\)/);
    const elsewhere = await run(world, ["run", "--state", join(world.folder, "other")]);
    expect(elsewhere.stderr).toMatch(/^submeter-agent: .* \(listen_failed\)/);
    expect([second.code, elsewhere.code]).toEqual([1, 1]);
    await agent.end("SIGTERM");
  });
});
