/** What the agent opens to its customer: what may still be used, its own metrics, and a page. */

import type { Clock } from "@submeter/shared/time/clock";
import type { AgentConfig } from "./config.ts";
import type { GroupCommit } from "./counting/group-commit.ts";
import type { OpenWindows } from "./counting/open-windows.ts";
import type { CollectorKnowledge } from "./delivery/collector-knowledge.ts";
import { LocalEntitlements } from "./entitlements/answers.ts";
import { Unrecorded } from "./entitlements/unrecorded.ts";
import { entitlementRoutes } from "./intake/entitlement-routes.ts";
import { metricsRoute } from "./intake/metrics-route.ts";
import { pageRoutes } from "./intake/page-routes.ts";
import type { Routes } from "./intake/route.ts";
import type { Journal } from "./journal/journal.ts";
import { journalBytes } from "./journal/state-directory.ts";
import { PageState } from "./page/page-state.ts";
import { RecentHours } from "./page/recent-hours.ts";
import type { Sealer } from "./sealing/seal.ts";
import type { AgentStatus } from "./status.ts";

export type CustomerParts = {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly windows: OpenWindows;
  readonly knowledge: CollectorKnowledge;
  readonly sealer: Sealer;
  readonly groupCommit: GroupCommit;
  readonly config: AgentConfig;
  readonly status: () => AgentStatus;
  readonly diskFreeBytes: () => number | null;
};

export type Customer = {
  readonly routes: Routes;
  /** Whether a product is held back by what the vendor told. */
  readonly isPressing: () => boolean;
};

export function openToCustomer(parts: CustomerParts): Customer {
  const unrecorded = new Unrecorded(parts);
  const meters = [...parts.config.meters.meters.values()];
  const entitlements = new LocalEntitlements({
    ...parts,
    unrecorded,
    meters: meters.map(({ name }) => name),
  });
  const peaks = meters.filter(({ aggregation }) => aggregation === "max").map(({ name }) => name);
  const recent = new RecentHours({ ...parts, peaks: new Set(peaks) });
  const page = new PageState({ ...parts, entitlements, unrecorded, recent });
  const metrics = metricsRoute({
    ...parts,
    startedMs: parts.clock.monotonicMs(),
    journalBytes: () => journalBytes(parts.journal.path),
  });
  return {
    routes: { ...entitlementRoutes(entitlements), ...metrics, ...pageRoutes(page) },
    isPressing: () => entitlements.pressing,
  };
}
