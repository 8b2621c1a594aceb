/** A customer's environment: the product that tells its agent what was used, the agent, and the way to the vendor. */

import { cp } from "node:fs/promises";
import { request } from "undici";
import { startAgent } from "@submeter/agent/agent";
import type { RunningAgent } from "@submeter/agent/running-agent";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { readMeterFile } from "@submeter/shared/metering/meter-file";
import type { Clock } from "@submeter/shared/time/clock";
import { type Instant, type Interval, formatInstant } from "@submeter/shared/time/instant";
import { endpointPaths } from "@submeter/shared/wire/endpoint";
import { parseKey } from "@submeter/shared/wire/key";
import type { CustomerUsage, Slot } from "./dataset.ts";
import { type Network, openNetwork } from "./network.ts";
import { meterFile } from "./tariff.ts";

export type Site = {
  readonly customer: string;
  readonly network: Network | null;
  /** Tells the agent what was used in these seconds of the data, one event for each meter and ten minutes. */
  use(seconds: Interval): Promise<void>;
  /** Seals the hour and delivers what waits, as far as the network lets it. */
  report(): Promise<void>;
  stop(): Promise<void>;
};

export type SiteOptions = {
  readonly usage: CustomerUsage;
  /** Where the data's second 0 lies. */
  readonly start: Instant;
  readonly key: string;
  readonly vendorUrl: string;
  readonly clock: Clock;
  readonly folder: string;
  /** `direct` needs no forwarder of its own. */
  readonly way: "direct" | "cuttable" | "twice";
};

export async function openSite(options: SiteOptions): Promise<Site> {
  const network =
    options.way === "direct"
      ? null
      : await openNetwork(options.vendorUrl, options.way === "twice" ? "twice" : "once");
  const agent = await openAgent(options, network?.url ?? options.vendorUrl, options.folder);
  const cursor = slotCursor(options.usage.slots);
  return {
    customer: options.usage.id,
    network,
    use: async (seconds) => {
      const events = cursor(seconds).flatMap((slot) => eventsOf(options, slot));
      if (events.length > 0) await tell(agent, events);
    },
    report: async () => {
      agent.sealNow();
      await agent.deliverNow();
    },
    stop: async () => {
      await agent.close();
      await network?.close();
    },
  };
}

/** Copies the machine's disk as it is: the same journal, with what it has counted and not yet sealed, and the same key. */
export async function takeSnapshot(options: SiteOptions, folder: string): Promise<void> {
  await cp(options.folder, folder, { recursive: true });
}

/** Starts the snapshot beside the original. No product tells it anything. */
export async function openSnapshot(options: SiteOptions, folder: string): Promise<Site> {
  const agent = await openAgent(options, options.vendorUrl, folder);
  return {
    customer: options.usage.id,
    network: null,
    use: async () => {},
    report: async () => {
      agent.sealNow();
      await agent.deliverNow();
    },
    stop: () => agent.close(),
  };
}

function openAgent(options: SiteOptions, endpoint: string, folder: string): Promise<RunningAgent> {
  return startAgent({
    clock: options.clock,
    manual: true,
    // The folders of a whole fleet lie on one disk, and go with it.
    headroomBytes: 0,
    config: {
      endpoint: endpointPaths(endpoint),
      key: parseKey(options.key),
      intervalSeconds: 3600,
      stateDirectory: folder,
      listen: { host: "127.0.0.1", port: 0 },
      meters: readMeterFile(Buffer.from(JSON.stringify(meterFile))),
      certificateAuthority: null,
    },
  });
}

/** Slots are read once, in order of time. */
function slotCursor(slots: readonly Slot[]): (seconds: Interval) => Slot[] {
  let next = 0;
  return ({ from, to }) => {
    const found: Slot[] = [];
    for (let slot = slots[next]; slot !== undefined && slot.second < to; slot = slots[next]) {
      if (slot.second >= from) found.push(slot);
      next += 1;
    }
    return found;
  };
}

/** One id for the three facts of ten minutes: ids are told apart by meter. */
function eventsOf({ usage, start }: SiteOptions, slot: Slot): object[] {
  const common = {
    dimensions: { model: usage.model },
    time: formatInstant(start + slot.second),
    source: "inference-server",
    id: `${usage.id}-${slot.second}`,
  };
  return [
    { meter: "requests", quantity: slot.requests.toString(), ...common },
    { meter: "input_tokens", quantity: slot.inputTokens.toString(), ...common },
    { meter: "output_tokens", quantity: slot.outputTokens.toString(), ...common },
  ].filter(({ quantity }) => quantity !== "0");
}

async function tell(agent: RunningAgent, events: object[]): Promise<void> {
  const answer = await request(new URL("/v1/usage", agent.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(events),
  });
  const result = (await answer.body.json()) as { accepted?: number };
  if (answer.statusCode !== 200 || result.accepted !== events.length) {
    throw new SubmeterError(
      "demo_refused",
      `an agent answered ${answer.statusCode}: ${JSON.stringify(result)}`,
      "this is a fault of the demo or of the agent: please report it with this text",
    );
  }
}
