/**
 * Wires the agent:
 *
 *   product ─► intake ─► groupCommit ─► journal ─► sealer ─► delivery ─► collector
 *              (all ways) (counting)    (SQLite)      │                      │
 *                             ▲                       ▼                      ▼
 *                             └── 2xx after commit    outbox ◄── receipt ────┘
 *
 * Every second the heartbeat seals what is due, makes the coverage durable, and lets delivery go on.
 */

import { type Logger, pino } from "pino";
import { meterHeads } from "@submeter/shared/metering/meter-file";
import { type AgentConfig, journalFile } from "./config.ts";
import { EventIds } from "./counting/event-ids.ts";
import { GroupCommit } from "./counting/group-commit.ts";
import { Heard } from "./counting/heard.ts";
import { Sight } from "./counting/sight.ts";
import { OpenWindows } from "./counting/open-windows.ts";
import { Streams } from "./counting/streams.ts";
import { openToCustomer } from "./customer-routes.ts";
import { CollectorKnowledge } from "./delivery/collector-knowledge.ts";
import { offerParkedAfterUpgrade } from "./delivery/upgrade.ts";
import { Delivery } from "./delivery/deliver.ts";
import type { DeliveryResult } from "./delivery/delivery-event.ts";
import { airGappedTransport, httpTransport } from "./delivery/transport.ts";
import { Heartbeat } from "./heartbeat.ts";
import { airGapRoutes } from "./intake/air-gap-routes.ts";
import { controlRoutes } from "./intake/control.ts";
import { cloudEventsRoute } from "./intake/cloud-events-route.ts";
import { startFurtherWays } from "./intake/further-ways.ts";
import { otlpRoute } from "./intake/otlp/otlp-route.ts";
import type { Place } from "./intake/place.ts";
import { probeRoutes } from "./intake/probes.ts";
import { startIntake } from "./intake/server.ts";
import { usageRoute } from "./intake/usage-route.ts";
import { type StorageFault, storageFault } from "./journal/database.ts";
import { declareMeters } from "./journal/declared-meters.ts";
import { listenFor } from "./journal/listened-names.ts";
import { Headroom } from "./journal/headroom.ts";
import type { Journal } from "./journal/journal.ts";
import type { NewJournal, Replaces } from "./journal/journals-table.ts";
import type { SealedReport } from "./journal/reports-table.ts";
import { claimJournal } from "./journal/owner.ts";
import { isCorruption } from "./journal/recovery.ts";
import {
  diskFreeBytes,
  prepareStateDirectory,
  pseudonymSecret,
} from "./journal/state-directory.ts";
import { deliveryEventLog } from "./log-events.ts";
import { keepName, suspect, withJournal } from "./opening.ts";
import { agentFacts } from "./sealing/agent-facts.ts";
import { openCurrentJournal } from "./sealing/current-journal.ts";
import type { AgentOptions, RunningAgent } from "./running-agent.ts";
import { Sealer } from "./sealing/seal.ts";
import { type Randomness, systemRandomness } from "./system-random.ts";
import { type AgentStatus, agentStatus } from "./status.ts";
import { type Ways, noWays } from "./ways.ts";

/** Resolves when intake listens. Throws SubmeterErrors of configuration, journal and listening. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { config, random = systemRandomness } = options;
  prepareStateDirectory(config.stateDirectory);
  const secret = pseudonymSecret(config.stateDirectory, random.bytes);
  const newJournal = (replaces: Replaces | null): NewJournal => ({
    journal: random.uuid(),
    seed: random.bytes(32),
    replaces,
    madeAt: options.clock.now(),
  });
  const path = options.journalPath ?? journalFile(config.stateDirectory);
  const log = options.log ?? pino({ level: "silent" });
  return withJournal({ path, newJournal, log }, (journal) =>
    wire({ options, log, random, secret, journal, newJournal }),
  );
}

type Wiring = {
  options: AgentOptions;
  log: Logger;
  random: Randomness;
  secret: Uint8Array;
  journal: Journal;
  newJournal: (replaces: Replaces | null) => NewJournal;
};

async function wire(wiring: Wiring): Promise<RunningAgent> {
  const { options, log, random, secret, journal, newJournal } = wiring;
  const { config, clock } = options;
  const { diskFreeBytes: freeBytes = diskFreeBytes } = options;
  const broken = Promise.withResolvers<unknown>();
  const declaredMeters = meterHeads(config.meters);
  const startedAt = clock.now();
  claimJournal(journal, config.key.installation);
  declareMeters(journal, declaredMeters);

  const headroom = new Headroom(config.stateDirectory, options.headroomBytes);
  const onFault = (fault: StorageFault, error: unknown): void => {
    log.error({ err: error, fault }, "the journal did not take a commit");
    if (isCorruption(error)) suspect(journal.path);
    if (fault === "full") headroom.release();
    if (fault === "broken") broken.resolve(error);
  };

  const windows = new OpenWindows(journal.counts.all(), config.meters.meters);
  const heard = new Heard(journal.coverage.heard());
  const eventIds = new EventIds(journal.eventIds, clock.monotonicMs());
  const streams = new Streams(journal.streams);
  const knowledge = new CollectorKnowledge(journal.knowledge);
  const groupCommit = new GroupCommit({
    journal,
    windows,
    eventIds,
    streams,
    heard,
    declaredSources: new Set(config.meters.sources),
    delayMs: config.commitDelayMs ?? 0,
    clock,
    hasHeadroom: () => headroom.state !== "missing",
    onTakenUp: (counters) => {
      log.warn(
        { counters },
        "counters of others are counted from where they stand: see the README",
      );
    },
    onFault,
  });
  const sealer = new Sealer(
    {
      journal,
      installation: config.key.installation,
      intervalSeconds: config.intervalSeconds,
      declaredSources: config.meters.sources,
      declaredMeters,
      windows,
      heard,
      groupCommit,
      agentFacts: () =>
        agentFacts(journal, knowledge.held?.skewMs ?? null, freeBytes(config.stateDirectory)),
    },
    openCurrentJournal(journal, () => newJournal(null)),
  );
  const customer = openToCustomer({
    clock,
    journal,
    windows,
    knowledge,
    sealer,
    groupCommit,
    config,
    status: () => status(),
    diskFreeBytes: () => freeBytes(config.stateDirectory),
  });
  const airGapped = config.airGapped ?? false;
  const transport = airGapped ? airGappedTransport : httpTransport(config.endpoint.ingest, config);
  const delivery = new Delivery({
    journal,
    groupCommit,
    sealer,
    knowledge,
    clock,
    newJournal,
    key: config.key,
    endpoint: config.endpoint,
    transport,
    airGapped,
    randomFraction: random.fraction,
    onEvent: deliveryEventLog(log, () => {
      keepName(journal);
    }),
    isPressing: customer.isPressing,
    onFault: (error) => {
      onFault(storageFault(error), error);
    },
  });
  const heartbeat = new Heartbeat({
    installation: config.key.installation,
    intervalSeconds: config.intervalSeconds,
    clock,
    journal,
    windows,
    groupCommit,
    eventIds,
    streams,
    knowledge,
    sealer,
    delivery,
    headroom,
    onError: (error) => {
      log.error({ err: error }, "the heartbeat failed");
      onFault(storageFault(error), error);
    },
  });
  const status = (): AgentStatus =>
    agentStatus({
      further: further.status(),
      heard,
      startedAt,
      config,
      clock,
      journal,
      windows,
      eventIds,
      groupCommit,
      knowledge,
      sealer,
      delivery,
      heartbeat,
    });

  offerParkedAfterUpgrade(journal);
  keepName(journal);
  const sealNow = (): SealedReport[] => heartbeat.seal();
  const deliverNow = (): Promise<DeliveryResult> => delivery.now();
  const retire = async (): Promise<SealedReport[]> => {
    await further.stop();
    groupCommit.stop();
    const sealed = sealer.seal({ final: true });
    await delivery.now();
    return sealed;
  };
  const ways = config.ways ?? noWays;
  const counting = {
    rules: {
      ...ways,
      meters: config.meters.meters,
      pseudonymSecret: secret,
      sight: new Sight(
        journal.streams,
        listenFor(journal, [...config.meters.meters.keys(), ...ways.names.keys()], clock.now()),
      ),
    },
    clock,
    submit: groupCommit.submit.bind(groupCommit),
    tally: groupCommit.tally,
  };
  const further = await startFurtherWays({ ...counting, ways, log, onLost: broken.resolve });
  const intake = await startIntake({
    places: placesOf(config, ways),
    token: ways.token,
    routes: {
      "/v1/usage": usageRoute(counting),
      "/api/v1/events": cloudEventsRoute(counting),
      "/v1/metrics": otlpRoute(counting),
      ...controlRoutes({
        status,
        sealNow,
        deliverNow: () => delivery.now({ refresh: true }),
        retire,
        sealer,
        clock,
        journal,
        knowledge,
      }),
      ...probeRoutes(groupCommit),
      ...customer.routes,
      ...airGapRoutes({ journal, key: config.key, clock, delivery }),
    },
    onRefused: (code) => groupCommit.tally.refuseRequest(code),
    onFault: (error) => {
      const fault = storageFault(error);
      if (fault === "other") log.error({ err: error }, "a request failed");
      else onFault(fault, error);
    },
  }).catch(async (error: unknown) => {
    await further.stop();
    throw error;
  });
  const [url = ""] = intake.urls;
  groupCommit.begin();
  const beat = (): void => {
    heartbeat.beat();
    further.poll();
  };
  const timer = options.manual === true ? null : setInterval(beat, 1000);
  log.info(
    { installation: config.key.installation, journal: sealer.identity.journal, url },
    "counting",
  );

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    if (timer !== null) clearInterval(timer);
    const closed = intake.close();
    await further.stop();
    // What has arrived is still counted and answered; coverage ends here.
    groupCommit.stop();
    await closed;
    await transport.close();
    await delivery.end();
    await headroom.close();
    journal.close();
  };
  return {
    url,
    status,
    tick: () => groupCommit.commitNow(),
    beat,
    sealNow,
    retire,
    deliverNow,
    close: () => (closing ??= close()),
    broken: broken.promise,
  };
}

/** Its own commands speak to the first. */
function placesOf({ listen }: AgentConfig, { otlp, socket }: Ways): Place[] {
  const places: Place[] = [{ kind: "tcp", ...listen }];
  if (otlp !== null) places.push({ kind: "tcp", ...otlp });
  if (socket !== null) places.push({ kind: "socket", path: socket });
  return places;
}
