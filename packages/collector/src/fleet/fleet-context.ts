/** What the fleet's functions are given: the database, time, randomness, and whom to tell. */

import type { Clock } from "@submeter/shared/time/clock";
import type { Instant } from "@submeter/shared/time/instant";
import type { Database, Queryable } from "../store/database.ts";
import type { MasterKey } from "./sealed-secrets.ts";

/** Something that changes what hours were worth from `from` on, perhaps of periods that are closed. */
export type FleetChange = { installation: string; from: Instant; reason: string };

export type FleetContext = {
  readonly database: Database;
  readonly clock: Clock;
  readonly masterKey: MasterKey;
  readonly random: (length: number) => Uint8Array;
  /** The base URL that agents reach this collector at. */
  readonly publicUrl: () => string;
  /** Called in the transaction that makes the change, so that billing can mark what it closed. */
  readonly onChange: (transaction: Queryable, change: FleetChange) => Promise<void>;
};

/** Who asks, for the audit log. */
export type Actor = { readonly name: string };
