/** The operator's morning as text: what waits first, each with the command that goes on; what is well in one line. */

import { amountText, quantityText } from "../text/number-text.ts";
import { type Page, paragraphs, plural, section } from "../text/page.ts";
import {
  apiInstant,
  instantText,
  minuteText,
  periodText,
  relativeText,
  spanText,
} from "../text/time-text.ts";
import type { CloseItem } from "./close/close-text.ts";
import { ageText, type FleetCounts, fleetSummary, type FleetState } from "./fleet-text.ts";

type Kind = "quarantine" | "correction" | "adjustment" | "shutdown" | "subject";
type Fault = "customer" | "collector_outage" | "no_key" | "held_reports";

export type TodayAnswer = {
  readonly at: string;
  readonly waits_for_you: boolean;
  readonly fleet: FleetCounts;
  readonly fleet_counted_at?: string | null;
  readonly silent: readonly {
    readonly installation: string;
    readonly customer: string | null;
    readonly state: FleetState;
    readonly silent_seconds: number | null;
    readonly minimum_starts_at: string | null;
    readonly fault: Fault;
    readonly outage_hours: number;
  }[];
  readonly waiting_to_close: readonly CloseItem[];
  readonly decisions: readonly {
    readonly kind: Kind;
    readonly count: number;
    readonly first: string;
  }[];
  readonly unusual: readonly {
    readonly installation: string;
    readonly meter: string;
    readonly day: string;
    readonly kind: "collapse" | "explosion";
    readonly quantity: string;
    readonly usual: string;
  }[];
  readonly unbilled: {
    readonly amounts: readonly { readonly currency: string; readonly amount: string }[];
    readonly contracts: { readonly valued: number; readonly all: number };
  };
  readonly unreconciled: readonly {
    readonly document: string;
    readonly customer: string;
    readonly status: string;
    readonly code: string | null;
    readonly detail: string | null;
    readonly attempts: number;
  }[];
  readonly agents: {
    readonly total: number;
    readonly newest: string | null;
    readonly agents: readonly {
      readonly installation: string;
      readonly agent_version: string | null;
      readonly clock_skew_ms: number | null;
      readonly disk_free_bytes: number | null;
      readonly backlog: number | null;
      readonly old: boolean;
      readonly skewed: boolean;
      readonly full: boolean;
      readonly behind: boolean;
    }[];
  };
  readonly webhooks: readonly { readonly id: string; readonly failed: number }[];
  readonly unreadable: readonly { readonly contract: string; readonly installations: number }[];
};

export function todayText(page: Page, answer: TodayAnswer): string {
  const at = apiInstant(answer.at) ?? page.now;
  const head = answer.waits_for_you
    ? `Today, ${instantText(at)}`
    : `Today, ${instantText(at)}: ${page.paint.good("nothing waits for you.")}`;
  return paragraphs(
    paragraphsTight(
      page.paint.strong(head),
      fleetSummary(page, answer.fleet, ageText(page, answer.fleet_counted_at)),
      unbilled(answer),
    ),
    section(page, "Decisions that wait for you", decisions(page, answer)),
    section(page, "Silent, and whose doing it is", silent(page, answer)),
    section(page, "Cannot close yet", closing(page, answer)),
    section(page, "Unusual days", unusual(page, answer)),
    section(page, "Not taken by the payment provider", unreconciled(page, answer)),
    section(page, "Agents that need a look", agents(page, answer)),
    section(page, "Events that did not arrive", webhooks(page, answer)),
    section(
      page,
      "Contracts that cannot be read: not closed, not billed",
      unreadable(page, answer),
    ),
  );
}

function paragraphsTight(...lines: readonly string[]): string {
  return lines.filter((line) => line !== "").join("\n");
}

/** A fact with the command that goes on from it. */
function entry(page: Page, fact: string, next: string): string {
  return `  ${fact}\n    ${page.paint.faint(`→ ${next}`)}`;
}

function unbilled({ unbilled: { amounts, contracts } }: TodayAnswer): string {
  if (amounts.length === 0) return "Nothing was used that is not on an invoice.";
  const sums = amounts.map(({ amount, currency }) => amountText(amount, currency)).join(" + ");
  const of =
    contracts.valued < contracts.all
      ? `, of ${contracts.valued} of ${quantityText(String(contracts.all))} contracts`
      : "";
  return `Used and not billed yet, at list price: ${sums}${of}`;
}

const kinds: Readonly<Record<Kind, { what: string; next: (first: string) => string }>> = {
  quarantine: {
    what: "report in quarantine, counted only when you say so",
    next: () => "submeter reports list --undecided",
  },
  correction: {
    what: "large correction",
    next: (first) => `submeter corrections show ${first}`,
  },
  adjustment: {
    what: "adjustment of usage",
    next: () => "submeter adjustments list --status proposed",
  },
  shutdown: {
    what: "attested shutdown",
    next: () => "submeter shutdowns list --status waiting",
  },
  subject: {
    what: "subject whose usage belongs to nobody",
    next: () => "submeter subjects list",
  },
};

function decisions(page: Page, answer: TodayAnswer): string {
  return answer.decisions
    .map(({ kind, count, first }) => {
      const { what, next } = kinds[kind];
      const [noun = "", ...rest] = what.split(/(?=,| of | in | whose )/);
      return entry(page, `${page.paint.strong(plural(count, noun))}${rest.join("")}`, next(first));
    })
    .join("\n");
}

const faults: Readonly<Record<Fault, string>> = {
  customer: "the customer's",
  collector_outage: "ours: the collector was not there",
  no_key: "ours: it has no valid key",
  held_reports: "ours: its reports are held until you decide",
};

function silent(page: Page, answer: TodayAnswer): string {
  const entries = answer.silent.map((one) => {
    const minimum = apiInstant(one.minimum_starts_at);
    const whose =
      one.fault === "customer"
        ? page.paint.faint(faults.customer)
        : page.paint.bad(faults[one.fault]);
    const outage =
      one.outage_hours > 0 ? ` (${plural(one.outage_hours, "hour")} of ours not counted)` : "";
    const until =
      minimum === null
        ? ""
        : `, the minimum ${minimum <= page.now ? "started" : "starts"} ${relativeText(minimum, page.now)}`;
    const fact = `${page.paint.strong(one.installation)} of ${one.customer ?? "nobody"}, ${one.state}: ${spanText(one.silent_seconds ?? 0)}${outage}${until}; ${whose}`;
    return entry(page, fact, nextOf(one));
  });
  const forked = answer.fleet.forked ?? 0;
  const more = (answer.fleet.offline ?? 0) + (answer.fleet.late ?? 0) - answer.silent.length;
  return [
    ...(forked > 0
      ? [
          entry(
            page,
            `${page.paint.bad(plural(forked, "installation"))} with two copies of one journal: one of them counts nothing`,
            "submeter fleet --state forked",
          ),
        ]
      : []),
    ...entries,
    ...(more > 0 ? [page.paint.faint(`  … and ${more} more: submeter fleet --state late`)] : []),
  ].join("\n");
}

function nextOf({ installation, fault }: TodayAnswer["silent"][number]): string {
  switch (fault) {
    case "customer":
      return `submeter fleet show ${installation}`;
    case "collector_outage":
      return "nothing: its backlog has a day to arrive, and none of that time counts";
    case "no_key":
      return `submeter keys rotate ${installation} --out FILE`;
    case "held_reports":
      return `submeter reports list --installation ${installation} --undecided`;
  }
}

function closing(page: Page, answer: TodayAnswer): string {
  return answer.waiting_to_close
    .map(({ customer, contract, period, why, latest }) => {
      const end = apiInstant(latest);
      const until =
        end === null ? "" : `, at the latest ${minuteText(end)} (${relativeText(end, page.now)})`;
      const fact = `${page.paint.strong(customer)}, ${contract}, ${periodText(period)}${until}`;
      return [`  ${fact}`, ...why.map((reason) => `    ${page.paint.faint(`· ${reason}`)}`)].join(
        "\n",
      );
    })
    .join("\n");
}

function unusual(page: Page, answer: TodayAnswer): string {
  return answer.unusual
    .map(({ installation, meter, day, kind, quantity, usual }) => {
      const how =
        kind === "collapse" ? page.paint.bad("collapsed") : page.paint.warning("exploded");
      const fact = `${page.paint.strong(installation)} ${meter} ${how} on ${day}: ${quantityText(quantity)}, usually ${quantityText(usual)} a day`;
      return entry(
        page,
        fact,
        `submeter usage --installation ${installation} --meter ${meter} --from ${day} --by hour`,
      );
    })
    .join("\n");
}

function unreconciled(page: Page, answer: TodayAnswer): string {
  return answer.unreconciled
    .map(({ document, customer, status, code, detail, attempts }) => {
      const fact = `${page.paint.strong(document)} of ${customer}, ${page.paint.bad(status)} after ${plural(attempts, "attempt")}: ${detail ?? code ?? "no reason was given"}`;
      return entry(page, fact, `submeter invoices push ${document}   once the cause is gone`);
    })
    .join("\n");
}

function agents(page: Page, answer: TodayAnswer): string {
  const { total, newest, agents: some } = answer.agents;
  const lines = some.map((agent) => {
    const facts = [
      agent.full &&
        page.paint.bad(
          `${Math.floor((agent.disk_free_bytes ?? 0) / 1_048_576)} MiB left on its disk`,
        ),
      agent.skewed &&
        page.paint.warning(`clock off by ${spanText(Math.abs(agent.clock_skew_ms ?? 0) / 1000)}`),
      agent.behind && page.paint.warning(`${agent.backlog ?? 0} reports not delivered yet`),
      agent.old &&
        `version ${agent.agent_version ?? "unknown"}, the newest is ${newest ?? "unknown"}`,
    ].filter((fact) => fact !== false);
    return `  ${page.paint.strong(agent.installation)}: ${facts.join(", ")}`;
  });
  const more = total - some.length;
  return [...lines, ...(more > 0 ? [page.paint.faint(`  … and ${more} more`)] : [])].join("\n");
}

function webhooks(page: Page, answer: TodayAnswer): string {
  return answer.webhooks
    .map(({ id, failed }) =>
      entry(
        page,
        `${page.paint.strong(id)} was not told of ${plural(failed, "event")}`,
        `submeter webhooks deliveries ${id} --status failed`,
      ),
    )
    .join("\n");
}

function unreadable(page: Page, answer: TodayAnswer): string {
  return answer.unreadable
    .map(({ contract, installations }) =>
      entry(
        page,
        installations === 0
          ? page.paint.strong(contract)
          : `${page.paint.strong(contract)}: ${plural(installations, "installation")} judged by 72 hours of silence`,
        `submeter contracts show ${contract}   then set it anew, as its next version`,
      ),
    )
    .join("\n");
}
