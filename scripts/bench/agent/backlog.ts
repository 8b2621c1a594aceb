/** A journal as after a month without the vendor: 720 sealed reports that wait, and open windows. */

import { startAgent } from "@submeter/agent/agent";
import { readMeterFile } from "@submeter/shared/metering/meter-file";
import { hourFloor, secondsPerHour } from "@submeter/shared/time/instant";
import { endpointPaths } from "@submeter/shared/wire/endpoint";
import { parseKey } from "@submeter/shared/wire/key";
import { declaredMeters, installationKey, stateDirectory } from "./agent-process.ts";

const hours = 720;
const linesOfReport = 40;
const openLines = 2000;

/** By the agent itself, whose clock runs ahead from a month ago to now. */
export async function fillBacklog(folder: string): Promise<void> {
  const end = Math.floor(Date.now() / 1000);
  let now = hourFloor(end) - hours * secondsPerHour;
  const began = now;
  const agent = await startAgent({
    config: {
      endpoint: endpointPaths("https://air-gapped.invalid"),
      key: parseKey(installationKey),
      intervalSeconds: secondsPerHour,
      stateDirectory: stateDirectory(folder),
      listen: { host: "127.0.0.1", port: 0 },
      meters: readMeterFile(Buffer.from(JSON.stringify(declaredMeters))),
      certificateAuthority: null,
      airGapped: true,
    },
    clock: {
      now: () => now,
      nowMs: () => now * 1000,
      monotonicMs: () => (now - began) * 1000,
    },
    manual: true,
  });
  try {
    for (let hour = 0; hour < hours; hour += 1) {
      await count(agent.url, linesOfReport);
      now += secondsPerHour;
      agent.sealNow();
    }
    now = end;
    await count(agent.url, openLines);
  } finally {
    await agent.close();
  }
}

async function count(url: string, lines: number): Promise<void> {
  const events = Array.from({ length: lines }, (_, at) => ({
    meter: "tokens",
    quantity: String(at + 1),
    dimensions: { direction: "input", subject: `tenant-${at}` },
  }));
  const response = await fetch(`${url}/v1/usage`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(events),
  });
  if (response.status !== 200) throw new Error(`the agent answered ${response.status}`);
  await response.text();
}
