/**
 * Replays the data, hour by hour:
 *
 *   product ─► agent ─► (network) ─► collector ─► rating ─► invoice ─► Stripe double
 *
 * The clock is moved to the end of the hour; then everybody tells, seals and delivers that hour; then the collector
 * does what has become due. Where the scenario needs a person, the operator's API is called as its command line does.
 */

import { join } from "node:path";
import { type Instant, formatInstant, secondsPerHour } from "@submeter/shared/time/instant";
import type { Dataset } from "./dataset.ts";
import type { MovedClock } from "./moved-clock.ts";
import type { Progress } from "./progress.ts";
import type { Scenario } from "./scenario.ts";
import { type Site, type SiteOptions, openSite, openSnapshot, takeSnapshot } from "./site.ts";
import { contractOf, plan, usualMinimum } from "./tariff.ts";
import type { Vendor } from "./vendor.ts";

export type Replay = {
  readonly dataset: Dataset;
  readonly scenario: Scenario;
  readonly start: Instant;
  readonly clock: MovedClock;
  readonly vendor: Vendor;
  readonly folder: string;
  readonly progress: Progress;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
};

/** How many sites tell, seal and deliver at a time. */
const sitesAtATime = 64;
/** Due work is looked for so often; every closing falls on such an hour or waits for the next. */
const settleEveryHours = 6;

/** All of the data, to the end of the contracts. Resolves with how often the doubled network heard "recorded before". */
export async function replayUsage(demo: Replay): Promise<{ duplicates: number }> {
  const options = await signUp(demo);
  const sites = new Map<string, Site>();
  try {
    for (const option of options) sites.set(option.usage.id, await openSite(option));
    await runAgents(demo, options, sites);
  } finally {
    await Promise.all([...sites.values()].map((site) => site.stop()));
  }
  const doubled = sites.get(demo.scenario.doubled?.customer ?? "");
  return { duplicates: doubled?.network?.duplicates() ?? 0 };
}

/** The operator enrols everybody: a customer, an installation with its key, a contract. */
async function signUp(demo: Replay): Promise<SiteOptions[]> {
  const { dataset, vendor, start, scenario, progress } = demo;
  const term = { from: start, to: start + scenario.hours * secondsPerHour };
  await vendor.call("POST", "/api/v1/plans", plan);
  const options: SiteOptions[] = [];
  for (const usage of dataset.customers) {
    const { id } = usage;
    progress.show(0, `signing up ${id}`);
    const added = await vendor
      .call("POST", "/api/v1/customers", { id, name: usage.name })
      .then(() =>
        vendor.call<{ environment: { TELEMETRY_HMAC_KEY: string } }>(
          "POST",
          "/api/v1/installations",
          { id, customer: id, enrolled: formatInstant(start) },
        ),
      );
    const { silent } = scenario;
    const minimum = id === silent.customer ? silent.minimum : usualMinimum;
    const contract = contractOf(id, { term, cycleDays: scenario.cycleDays, minimum });
    await vendor.call("PUT", `/api/v1/contracts/${id}`, contract);
    options.push({
      usage,
      start,
      key: added.environment.TELEMETRY_HMAC_KEY,
      vendorUrl: vendor.url,
      clock: demo.clock,
      folder: join(demo.folder, "agents", id),
      way: wayOf(id, scenario),
    });
  }
  return options;
}

async function runAgents(
  demo: Replay,
  options: readonly SiteOptions[],
  sites: ReadonlyMap<string, Site>,
): Promise<void> {
  const { scenario, vendor, clock, start, progress, signal } = demo;
  const { cloned } = scenario;
  const original = options.find(({ usage }) => usage.id === cloned?.customer);
  const snapshotFolder = join(demo.folder, "agents", "snapshot");
  let snapshot: Site | null = null;
  for (let hour = 0; hour < scenario.hours; hour += 1) {
    signal.throwIfAborted();
    await moveNetwork(hour, scenario, sites);
    const end = start + (hour + 1) * secondsPerHour;
    clock.moveTo(end);
    await vendor.moveClock(end, false);
    const seconds = { from: hour * secondsPerHour, to: (hour + 1) * secondsPerHour };
    await eachOf([...sites.values()], async (site) => {
      await site.use(seconds);
      // What it has counted and not yet sealed is in the snapshot too.
      if (site.customer === original?.usage.id && hour === cloned?.fromHour) {
        await takeSnapshot(original, snapshotFolder);
      }
      await site.report();
    });
    if (original !== undefined && cloned !== null && hour === cloned.fromHour + 1) {
      snapshot = await openSnapshot(original, snapshotFolder);
    }
    await snapshot?.report();
    if (hour + 1 === cloned?.toHour) {
      await snapshot?.stop();
      snapshot = null;
    }
    if (cloned !== null && hour + 1 === cloned.decidedAtHour) await decideOnSnapshot(demo, cloned);
    if ((hour + 1) % settleEveryHours === 0) await settle(demo, end);
    progress.show(hour + 1, formatInstant(end).slice(0, 13).replace("T", " "));
  }
  await snapshot?.stop();
}

/** After the contracts have ended the clock runs on until the last period has closed and its invoice stands. */
export async function runOn(demo: Replay): Promise<void> {
  const { vendor, scenario, start, progress, signal } = demo;
  for (let hour = scenario.hours; hour <= scenario.hoursMax; hour += settleEveryHours) {
    signal.throwIfAborted();
    const waiting = await settle(demo, start + hour * secondsPerHour);
    const periods = await vendor.list<{ state: string }>("/api/v1/close");
    const open = periods.filter(({ state }) => state !== "booked").length;
    progress.show(hour, `${open} periods still open`);
    if (open === 0 && waiting === 0) return;
  }
}

/** Closes what is due, approves what waits for a person, and says how much still waits. */
async function settle(demo: Replay, now: Instant): Promise<number> {
  const { vendor, clock } = demo;
  if (now > clock.now()) clock.moveTo(now);
  await vendor.moveClock(now, true);
  const corrections = await vendor.list<{ id: string; status: string }>("/api/v1/corrections");
  const asking = corrections.filter(({ status }) => status === "awaiting_approval");
  for (const { id } of asking) {
    const reason = "the backlog of a customer that was cut off; its reports verify";
    await vendor.call("POST", `/api/v1/corrections/${id}/approve`, { reason });
  }
  const done = await vendor.moveClock(now, true);
  return done?.waiting ?? 0;
}

async function moveNetwork(
  hour: number,
  { silent }: Scenario,
  sites: ReadonlyMap<string, Site>,
): Promise<void> {
  const network = sites.get(silent.customer)?.network;
  if (hour === silent.fromHour) await network?.cut();
  if (hour === silent.toHour) await network?.mend();
}

type Held = { installation: string; journal: string; sequence: number };
type JournalItem = { journal: string; replaces: { reason: string } | null };

/** The snapshot counted nothing of its own: what it repeats is refused, and its journal is retired as of its start. */
async function decideOnSnapshot(
  { vendor, start }: Replay,
  { customer, fromHour }: NonNullable<Scenario["cloned"]>,
): Promise<void> {
  const reason = "a snapshot of the machine was started beside it by mistake";
  const held = `/api/v1/reports?installation=${customer}&outcome=quarantined`;
  for (const { journal, sequence } of await vendor.list<Held>(held)) {
    const path = `/api/v1/reports/${customer}/${journal}/${sequence}/reject`;
    await vendor.call("POST", path, { reason });
  }
  const journals = `/api/v1/installations/${customer}/journals`;
  for (const { journal, replaces } of await vendor.list<JournalItem>(journals)) {
    if (replaces?.reason !== "fork") continue;
    const at = formatInstant(start + fromHour * secondsPerHour);
    await vendor.call("POST", `${journals}/${journal}/retire`, { at, reason });
  }
}

async function eachOf(sites: Site[], act: (site: Site) => Promise<void>): Promise<void> {
  const left = sites.values();
  const worker = async (): Promise<void> => {
    for (const site of left) await act(site);
  };
  await Promise.all(Array.from({ length: sitesAtATime }, worker));
}

function wayOf(id: string, { silent, doubled }: Scenario): SiteOptions["way"] {
  if (id === silent.customer) return "cuttable";
  return id === doubled?.customer ? "twice" : "direct";
}
