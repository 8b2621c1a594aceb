/** The vendor's side: a collector process with its database and Stripe double, and the operator who talks to it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { request } from "undici";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";

const collectorCli = fileURLToPath(new URL("../../packages/collector/src/cli.ts", import.meta.url));
const operatorCli = fileURLToPath(
  new URL("../../packages/collector/src/operator/cli.ts", import.meta.url),
);

type DueWork = { closed: number; corrected: number; pushed: number; waiting: number };

export type Vendor = {
  readonly url: string;
  readonly stripeUrl: string;
  /** Calls the admin API with the operator's token; throws `demo_refused` on any answer but 2xx. */
  call<Answer>(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<Answer>;
  /** Every page of a list. */
  list<Item>(path: string): Promise<Item[]>;
  /** Moves the collector's clock forward; with `settle` it does what has become due. */
  moveClock(now: Instant, settle: boolean): Promise<DueWork | null>;
  /** Runs `submeter` as a person would and resolves with what it printed. */
  submeter(args: readonly string[], columns: number): Promise<string>;
  stop(): Promise<void>;
};

type Ready = { url: string; token: string; stripe_double_url: string };

/** Starts `submeter-collector run --dev` with its clock at `start`; everything it writes lies in `folder`. */
export async function startVendor(folder: string, start: Instant): Promise<Vendor> {
  const child = spawn(
    process.execPath,
    [
      collectorCli,
      "run",
      "--dev",
      "--port",
      "0",
      "--data",
      folder,
      "--clock",
      formatInstant(start),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const ended = once(child, "close");
  let complaints = "";
  child.stderr.on("data", (text: Buffer) => {
    complaints = (complaints + text.toString()).slice(-4000);
  });
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, "line").then(([line]) => String(line)),
    ended.then(() => null),
  ]);
  if (first === null) {
    throw new SubmeterError(
      "demo_collector_failed",
      `the collector did not start:\n${complaints}`,
      "read the message above; `submeter-collector run --dev` shows it alone",
    );
  }
  const ready = JSON.parse(first) as Ready;

  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await request(new URL(path, ready.url), {
      method: method as "GET",
      headers: {
        authorization: `Bearer ${ready.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headersTimeout: 600_000,
    });
    const text = await answer.body.text();
    if (answer.statusCode < 200 || answer.statusCode > 299) {
      throw new SubmeterError(
        "demo_refused",
        `${method} ${path} was answered ${answer.statusCode}: ${text}`,
        "this is a fault of the demo or of the collector: please report it with this text",
      );
    }
    return (text === "" ? null : JSON.parse(text)) as Answer;
  };

  return {
    url: ready.url,
    stripeUrl: ready.stripe_double_url,
    call,
    list: async <Item>(path: string) => {
      const items: Item[] = [];
      let cursor: string | null = null;
      do {
        const separator = path.includes("?") ? "&" : "?";
        const page: { items: Item[]; next: string | null } = await call(
          "GET",
          cursor === null ? path : `${path}${separator}cursor=${encodeURIComponent(cursor)}`,
        );
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      return items;
    },
    moveClock: (now, settle) =>
      call<DueWork | null>("POST", "/dev/clock", { now: formatInstant(now), settle }),
    submeter: async (args, columns) => {
      const command = spawn(process.execPath, [operatorCli, ...args], {
        stdio: ["ignore", "pipe", "inherit"],
        env: {
          ...process.env,
          SUBMETER_URL: ready.url,
          SUBMETER_TOKEN: ready.token,
          COLUMNS: String(columns),
        },
      });
      let printed = "";
      command.stdout.on("data", (text: Buffer) => {
        printed += text.toString();
      });
      await once(command, "close");
      return printed;
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}
