/** The vendor's side, asked with a hello: it sends no usage, and tells whether way, key and clock are right. */

import type { Clock } from "@submeter/shared/time/clock";
import { parseInstant } from "@submeter/shared/time/instant";
import { durationText, instantText } from "../commands/wording.ts";
import type { AgentConfig } from "../config.ts";
import { type Judgement, judgeState } from "../delivery/judge-answer.ts";
import { laterReason } from "../delivery/later-reason.ts";
import { helloMessage } from "../delivery/messages.ts";
import type { HttpAnswer, Transport } from "../delivery/transport.ts";
import { type Finding, fault, skipped, warning, well } from "./finding.ts";

export type CollectorChecks = {
  readonly config: AgentConfig;
  readonly transport: Transport;
  readonly clock: Clock;
  /** The journal that counts here; of none yet a name that nobody has. */
  readonly journal: string;
  /** The collector that the running agent trusts; null when it is not known. */
  readonly knownAs: string | null;
};

/** Ours and the collector's clock apart by more is told; by the second much the vendor rings. */
const skewSecondsTold = 30;
const skewSecondsMost = 5 * 60;

export async function checkCollector(given: CollectorChecks): Promise<Finding[]> {
  const { config, transport, clock, journal } = given;
  if (config.airGapped === true) {
    return (["collector", "key", "clock", "coverage"] as const).map((check) =>
      skipped(
        check,
        "air-gapped: nothing is asked of the vendor; its word comes with `import-receipts`",
      ),
    );
  }
  const { headers, body } = helloMessage(config.key, journal, clock.now());
  const answer = await transport.post(config.endpoint.state, headers, body);
  if (answer.kind === "unreachable") return unreachable(config, answer.detail);
  const judged = judgeState(answer, {
    key: config.key,
    pins: null,
    newestIssuedAt: null,
    waitingDigest: () => null,
  });
  return judged.kind === "state" ? heard(given, judged) : refused(answer, judged);
}

function unreachable({ endpoint }: AgentConfig, detail: string): Finding[] {
  const hint = /certificate|self.signed|issuer/i.test(detail)
    ? "its certificate is not trusted here: name the authority with TELEMETRY_CA_FILE"
    : "allow the way out to that host and port, or name the proxy that leads there (HTTPS_PROXY); nothing is lost meanwhile";
  return [
    fault("collector", `${endpoint.state.host} cannot be reached: ${detail}`, hint),
    ...(["key", "clock", "coverage"] as const).map((check) =>
      skipped(check, "not known before the collector is reached"),
    ),
  ];
}

function refused(answer: HttpAnswer, judged: Judgement): Finding[] {
  const word =
    judged.kind === "unsigned" ? judged : { code: "answer_unsigned", detail: "it is no state" };
  const reason = laterReason(answer, word);
  const rest = (["clock", "coverage"] as const).map((check) =>
    skipped(check, "not known before the collector answers"),
  );
  if (reason.status === 401 || word.code === "signature_invalid") {
    return [
      well("collector", "it is reached"),
      fault(
        "key",
        `it does not know this key (${reason.detail})`,
        "compare TELEMETRY_HMAC_KEY with what the vendor gave you, or ask for a new key; it may have been removed",
      ),
      ...rest,
    ];
  }
  return [
    fault(
      "collector",
      `something answers that is not the collector: ${reason.code}, ${reason.detail}`,
      "compare TELEMETRY_ENDPOINT with what the vendor gave you; a portal or a proxy may stand in the way",
    ),
    skipped("key", "not known before the collector answers"),
    ...rest,
  ];
}

function heard(given: CollectorChecks, judged: Extract<Judgement, { kind: "state" }>): Finding[] {
  const { config, clock, knownAs } = given;
  const { state, issuedAt } = judged;
  const known =
    knownAs === null || knownAs === state.collector
      ? well("collector", `"${state.collector}" answers at ${config.endpoint.state.host}`)
      : fault(
          "collector",
          `"${state.collector}" answers, and the agent knows "${knownAs}"`,
          "ask the vendor; if it is right, `submeter-agent trust`",
        );
  return [
    known,
    well("key", `${config.key.keyId} is whole, and the collector knows it`),
    checkClock(clock.now() - issuedAt),
    checkCoverage(state, clock.now()),
  ];
}

function checkClock(skewSeconds: number): Finding {
  const apart = Math.abs(skewSeconds);
  if (apart <= skewSecondsTold) return well("clock", "it agrees with the collector's");
  const detail = `it is ${durationText(apart)} ${skewSeconds > 0 ? "ahead of" : "behind"} the collector's`;
  const hint = "let the machine's clock be kept (NTP): usage is counted into the hour that it says";
  return apart > skewSecondsMost ? fault("clock", detail, hint) : warning("clock", detail, hint);
}

function checkCoverage(
  state: Extract<Judgement, { kind: "state" }>["state"],
  now: number,
): Finding {
  const { covered_through: through, fallback_at: fallback } = state;
  const holds =
    through === null
      ? "it holds no covered hour yet"
      : `it holds everything up to ${instantText(through)}`;
  if (fallback === null) return well("coverage", holds);
  const left = parseInstant(fallback) - now;
  const hint = "let the agent run and deliver: what comes late is corrected";
  if (left <= 0) {
    return fault(
      "coverage",
      `${holds}; billed by the contract's fallback since ${instantText(fallback)}`,
      hint,
    );
  }
  const detail = `${holds}; the fallback begins in ${durationText(left)} if nothing more arrives`;
  return left < 24 * 3600 ? warning("coverage", detail, hint) : well("coverage", detail);
}
