/** What the collector tells of itself to Prometheus. Each collector has a registry of its own. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Instant } from "@submeter/shared/time/instant";
import type { Database } from "../store/database.ts";
import { countFleetStates, fleetStates } from "../store/fleet-states.ts";
import type { GroupCommitCounts } from "../ingest/group-commit.ts";
import { waitingCounts } from "../store/waiting-counts.ts";
import type { HttpServer } from "./server.ts";

export type Metrics = {
  readonly contentType: string;
  text(): Promise<string>;
  /** A run of scheduled work that this process did has ended. */
  jobEnded(job: string, outcome: "done" | "failed", at: Instant): void;
  /** Counts every request that the server answers. */
  observe(server: HttpServer): void;
};

/** An answer of an hour's report is a matter of milliseconds, a close of minutes. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const everybody = { states: null, customer: null, search: null };

export function openMetrics(database: Database, ingest: Readonly<GroupCommitCounts>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const labelNames = ["method", "route", "status"] as const;
  const requests = new Counter({
    name: "submeter_http_requests_total",
    help: "Requests answered, by route as declared and status",
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: "submeter_http_request_duration_seconds",
    help: "From the request's head to its answer",
    labelNames: ["method", "route"],
    buckets: secondsBuckets,
    registers,
  });
  const reachable = new Gauge({
    name: "submeter_database_up",
    help: "1 when the database answered at this scrape",
    registers,
  });
  const waiting = new Gauge({
    name: "submeter_waiting",
    help: "What waits for a person or the payment provider; absent while the database does not answer",
    labelNames: ["what"],
    registers,
  });
  const installations = new Gauge({
    name: "submeter_installations",
    help: "Installations by state, as they were found last; absent while the database does not answer",
    labelNames: ["state"],
    registers,
  });
  const jobs = new Counter({
    name: "submeter_job_runs_total",
    help: "Runs of scheduled work that this process did; of several processes one runs each job at a time",
    labelNames: ["job", "outcome"],
    registers,
  });
  const jobDone = new Gauge({
    name: "submeter_job_done_timestamp_seconds",
    help: "When this process last ended a run of the job well; look at the greatest of all processes",
    labelNames: ["job"],
    registers,
  });
  const counted = (name: string, help: string, read: () => number): void => {
    const options = { name, help, registers };
    // Set when it is scraped: counting costs ingest nothing more than it counts for itself.
    void (name.endsWith("_total")
      ? new Counter({ ...options, collect: reset(read) })
      : new Gauge({ ...options, collect: reset(read) }));
  };
  const ofIngest = "submeter_ingest_";
  counted(
    `${ofIngest}waiting_reports`,
    "Reports taken in and not yet recorded",
    () => ingest.waitingItems,
  );
  counted(
    `${ofIngest}waiting_bytes`,
    "What they weigh; beyond 64 MiB agents are told to wait",
    () => ingest.waitingBytes,
  );
  counted(
    `${ofIngest}groups_total`,
    "Transactions in which reports were recorded together",
    () => ingest.groups,
  );
  counted(
    `${ofIngest}reports_total`,
    "Reports answered after their transaction, repeated ones too",
    () => ingest.committedItems,
  );
  counted(
    `${ofIngest}turned_away_total`,
    "Reports answered 429 or 503 because too much waited",
    () => ingest.overloaded,
  );
  return {
    contentType: registry.contentType,
    text: async () => {
      waiting.reset();
      installations.reset();
      const counts = await waitingCounts(database).catch(() => null);
      reachable.set(counts === null ? 0 : 1);
      for (const { what, count } of counts ?? []) waiting.set({ what }, count);
      const states = counts && (await countFleetStates(database, everybody).catch(() => null));
      if (states !== null) {
        for (const state of fleetStates) {
          const count = states.find((one) => one.state === state)?.count ?? 0;
          installations.set({ state }, count);
        }
      }
      return registry.metrics();
    },
    jobEnded: (job, outcome, at) => {
      jobs.inc({ job, outcome });
      if (outcome === "done") jobDone.set({ job }, at);
    },
    observe: (server) => {
      server.addHook("onResponse", async (request, reply) => {
        const route = request.routeOptions.url ?? "none";
        const { method } = request;
        requests.inc({ method, route, status: String(reply.statusCode) });
        seconds.observe({ method, route }, reply.elapsedTime / 1000);
      });
    },
  };
}

function reset(read: () => number) {
  return function (this: Counter | Gauge): void {
    this.reset();
    this.inc(read());
  };
}
