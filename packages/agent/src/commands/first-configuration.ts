/** The files that `init` writes: every setting with what it means, and one meter to begin with. */

import { join } from "node:path";

/** Names that the other commands look for by themselves. */
export const fileNames = {
  environment: "submeter-agent.env",
  meters: "meters.json",
  ways: "ways.json",
} as const;

export function environmentText(given: { directory: string; ways: boolean }): string {
  const { ways } = given;
  const path = (name: string): string => quoted(join(given.directory, name));
  return `# The agent's configuration, a variable a line. Read it into a shell with
#   set -a; . ${path(fileNames.environment)}; set +a
# or name it as EnvironmentFile= of a systemd unit. It holds a secret: keep it readable for the agent's user alone.

# --- What the vendor gave you ---

# Where reports go: a base URL, or one that ends in /ingest.
TELEMETRY_ENDPOINT=

# The installation's key, smk_… ; or TELEMETRY_HMAC_KEY_FILE with the path of a file that holds it.
TELEMETRY_HMAC_KEY=

# How often a report is sealed and sent, in seconds, 10 to 86400. What is counted is counted by the hour all the same.
#TELEMETRY_INTERVAL_SECONDS=3600

# --- What is counted ---

# Declares the meters: nothing else ever leaves. \`submeter-agent describe\` prints it as a data dictionary.
#   aggregation   sum: adds up · time_weighted: what was held, times how long · max: the hour's greatest
#   scale         the most decimals of a quantity, 0 when left out
#   dimensions    labels with declared values, or a pattern; anything else is counted under "other"
#   sources       who has to be heard: while one is silent, the hour is not counted as zero
SUBMETER_METERS=${path(fileNames.meters)}

# Further ways in than POST /v1/usage: OTLP, StatsD, scraped pages, a heartbeat.
${ways ? "" : "#"}SUBMETER_WAYS=${path(fileNames.ways)}

# --- This machine ---

# The agent's own folder: the journal with everything that was counted. Keep it on a disk that survives a restart.
SUBMETER_AGENT_STATE=${path("state")}

# Where the product reaches the agent. Loopback, unless a token is asked for.
#SUBMETER_AGENT_LISTEN=127.0.0.1:7070

# A Unix socket that takes usage too.
#SUBMETER_AGENT_SOCKET=/run/submeter-agent/agent.sock

# Asked of every request when it is set, 16 characters or more; or SUBMETER_AGENT_TOKEN_FILE.
#SUBMETER_AGENT_TOKEN=

# --- The way to the vendor ---

# PEM of a private certificate authority, trusted instead of the public ones.
#TELEMETRY_CA_FILE=

# PEM of a certificate that the vendor's side asks for, and of its key: both or neither.
#TELEMETRY_CLIENT_CERT_FILE=
#TELEMETRY_CLIENT_KEY_FILE=

# The proxy that leads out, by the customary names; an endpoint under https:// goes through HTTPS_PROXY.
#HTTPS_PROXY=http://proxy.example.com:3128
#NO_PROXY=localhost,.internal

# true: nothing is ever sent. Reports leave with \`submeter-agent export\`, receipts come back with \`import-receipts\`.
#SUBMETER_AIR_GAPPED=false
`;
}

/** As a shell and systemd read it alike: an ordinary path as it is, else between single quotes. */
export function quoted(path: string): string {
  return /^[\w./+:@,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

export function metersText(): string {
  return json({
    version: 1,
    meters: [
      {
        name: "requests",
        unit: "request",
        aggregation: "sum",
        dimensions: [{ name: "plan", values: ["free", "pro"], default: "free" }],
      },
    ],
    sources: [],
  });
}

export function waysText(): string {
  return json({
    version: 1,
    otlp: { listen: "127.0.0.1:4318" },
    statsd: { listen: ["udp:127.0.0.1:8125"] },
    scrape: [],
    heartbeat: [],
    names: { "http.server.requests": "requests" },
    labels: {},
  });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
