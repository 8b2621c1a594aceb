/** What `--dev` brings up besides the collector: an embedded PostgreSQL, the Stripe double, a master key of its own. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Clock } from "@submeter/shared/time/clock";
import { startEmbeddedPostgres } from "./postgres.ts";
import { startStripeDouble } from "./stripe-double/stripe-double.ts";

export type DevEnvironment = {
  databaseUrl: string;
  stripeUrl: string;
  masterKey: Uint8Array;
  stop(): Promise<void>;
};

/** With `directory` everything is kept there and found again; without, all of it is gone afterwards. */
export async function startDevEnvironment(o: {
  directory: string | null;
  clock: Clock;
  fsync: boolean;
  random: (length: number) => Uint8Array;
}): Promise<DevEnvironment> {
  const directory = o.directory === null ? null : resolve(o.directory);
  if (directory !== null) await mkdir(directory, { recursive: true });
  const masterKey = await devMasterKey(directory, o.random);
  const postgres = await startEmbeddedPostgres({
    ...(directory !== null && { directory: join(directory, "postgres") }),
    fsync: o.fsync,
  });
  const double = await startStripeDouble({
    clock: o.clock,
    seed: "submeter-dev",
    ...(directory !== null && { file: join(directory, "stripe-double.log") }),
  });
  return {
    databaseUrl: postgres.url,
    stripeUrl: double.url,
    masterKey,
    stop: async () => {
      await double.close();
      await postgres.stop();
    },
  };
}

async function devMasterKey(
  directory: string | null,
  random: (length: number) => Uint8Array,
): Promise<Uint8Array> {
  if (directory === null) return random(32);
  const file = join(directory, "master-key");
  const known = await readFile(file, "utf8").catch(() => null);
  if (known !== null) return Uint8Array.from(Buffer.from(known.trim(), "hex"));
  const made = random(32);
  await writeFile(file, `${Buffer.from(made).toString("hex")}\n`, { mode: 0o600 });
  return made;
}
