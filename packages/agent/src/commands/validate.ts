/** `submeter-agent validate`: reads everything that `run` would, and says what is wrong with it, without starting. */

import { readConfig } from "../config.ts";
import { noProxy, proxyFor } from "../network.ts";
import type { Environment, Flags } from "../settings.ts";
import { type Ways, noWays } from "../ways.ts";
import { type CommandIo, type ExitCode, styleOf } from "./io.ts";
import { countText } from "./wording.ts";

/** Throws the first thing that is wrong, as `run` does; the key is not shown. */
export function validate(
  environment: Environment,
  flags: Flags,
  options: { json: boolean },
  io: CommandIo,
): ExitCode {
  const config = readConfig(environment, flags);
  const found = {
    installation: config.key.installation,
    key: config.key.keyId,
    endpoint: config.airGapped === true ? null : config.endpoint.ingest.href,
    proxy: proxyFor(config.endpoint.ingest, config.proxy ?? noProxy),
    interval_seconds: config.intervalSeconds,
    state: config.stateDirectory,
    listen: `${config.listen.host}:${config.listen.port}`,
    meters: config.meters.meters.size,
    sources: config.meters.sources.length,
    ...waysFound(config.ways ?? noWays),
  };
  if (options.json) {
    io.out(`${JSON.stringify(found)}\n`);
    return 0;
  }
  const style = styleOf(io);
  const rows: [string, string][] = [
    ["Installation", `${found.installation} (key ${found.key})`],
    ["Reports to", found.endpoint ?? "nobody: air-gapped, reports leave as files"],
    ...(found.proxy === null ? [] : [["Through", `the proxy ${found.proxy}`] as [string, string]]),
    ["Every", `${found.interval_seconds.toLocaleString("en")} s`],
    ["State in", found.state],
    ["Listens on", found.listen],
    ["Meters", `${countText(found.meters, "meter")}, ${countText(found.sources, "source")}`],
    ...(found.takes.length === 0
      ? []
      : [["Also takes", found.takes.join(", ")] as [string, string]]),
    ...(found.asks.length === 0 ? [] : [["Asks", found.asks.join(", ")] as [string, string]]),
  ];
  const lines = rows.map(([name, text]) => `  ${style("dim", name.padEnd(14))}${text}`);
  io.out(`${style("green", "The configuration can be used.")}\n${lines.join("\n")}\n`);
  return 0;
}

/** Where usage comes in besides, and which addresses the agent asks by itself: all that a firewall has to know. */
function waysFound({ token, socket, otlp, statsd, scrape, heartbeat }: Ways) {
  const urls = [...scrape, ...heartbeat].flatMap(({ url }) => (url === null ? [] : [url]));
  return {
    token: token !== null,
    takes: [
      ...(socket === null ? [] : [`unix:${socket}`]),
      ...(otlp === null ? [] : [`otlp:${otlp.host}:${otlp.port}`]),
      ...(statsd?.places ?? []).map((place) =>
        place.kind === "unix"
          ? `statsd:unix:${place.path}`
          : `statsd:${place.kind}:${place.host}:${place.port}`,
      ),
    ],
    asks: [...new Set(urls.map((url) => `${url.origin}${url.pathname}`))],
  };
}
