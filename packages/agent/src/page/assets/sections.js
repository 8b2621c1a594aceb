/** The page's sections, each from what `GET /v1/page` answered. Missing is never zero: what is not known says so. */

import { card, empty, table } from "./card.js";
import { axis, hoursChart } from "./chart.js";
import { h } from "./elements.js";
import { bytes, counted, grouped, instant, labels, secondsBetween, span } from "./words.js";

export function tiles(state) {
  const { status, now, this_hour: hour } = state;
  const { backlog, sealing, collector } = status;
  const lines = hour.meters.filter(({ total }) => total !== "0").length;
  const next = sealing.next_at === null ? null : secondsBetween(now, sealing.next_at);
  const left = collector?.fallback_in_seconds ?? null;
  return h(
    "section",
    { class: "tiles", "aria-label": "At a glance" },
    tile(
      "This hour",
      lines === 0 ? "Nothing yet" : `${lines} of ${counted(hour.meters.length, "meter")}`,
      `since ${hour.from.slice(11, 16)} UTC`,
    ),
    tile(
      "Next report",
      next === null ? "None" : next <= 0 ? "Now" : `in ${span(next)}`,
      next === null ? "this journal is closed" : `number ${grouped(sealing.last_sequence + 1)}`,
    ),
    tile(
      "Waiting",
      counted(backlog.reports, "report"),
      backlog.oldest_sealed_at === null
        ? "everything has its receipt"
        : `the oldest for ${span(secondsBetween(backlog.oldest_sealed_at, now))} · ${bytes(backlog.bytes)}`,
    ),
    tile(
      "Billing falls back",
      left === null ? "Not told" : left <= 0 ? "It has" : `in ${span(left)}`,
      left === null ? fallbackUnknown(collector) : "if nothing more arrives at the vendor",
    ),
  );
}

function fallbackUnknown(collector) {
  return collector === null
    ? "the vendor has not answered yet"
    : "the vendor counts no silence at present";
}

function tile(title, value, note) {
  return h(
    "div",
    { class: "tile", key: title },
    h("h2", null, title),
    h("p", { class: "value" }, value),
    h("p", { class: "quiet" }, note),
  );
}

export function meters({ this_hour: hour, hours, now }) {
  const rows = hour.meters.map((one) =>
    h(
      "div",
      { class: "meter", key: one.meter },
      h(
        "div",
        { class: "figure" },
        h("h3", null, one.meter),
        h(
          "p",
          { class: "value" },
          grouped(one.total),
          h("span", { class: "unit" }, ` ${one.unit}`),
        ),
        h(
          "p",
          { class: "quiet" },
          one.aggregation === "max" ? "the greatest since" : "since",
          ` ${hour.from.slice(11, 16)} UTC`,
        ),
        one.sets.length > 0 && Object.keys(one.sets[0].dimensions).length > 0
          ? h(
              "ul",
              { class: "sets" },
              one.unsealed === one.total
                ? null
                : h("li", { class: "quiet" }, "not in a report yet"),
              one.sets.map(({ dimensions, total }) =>
                h(
                  "li",
                  { key: labels(dimensions) },
                  h("span", null, labels(dimensions)),
                  h("b", null, grouped(total)),
                ),
              ),
              one.more_sets > 0
                ? h("li", { class: "quiet" }, `and ${counted(one.more_sets, "more set")}`)
                : null,
            )
          : null,
      ),
      h("div", null, hoursChart(one.meter, one.unit, hours), axis(one.meter, hours)),
    ),
  );
  const note = `Each bar is one UTC hour of the last three days, up to ${instant(now, now)}. Hatched: the agent was not counting.`;
  return card("Counted", note, rows);
}

export function waiting({ outbox, status, now, air_gapped: airGapped }) {
  const { backlog, delivery } = status;
  const more = backlog.reports + backlog.parked - outbox.length;
  const note = outbox.length === 0 ? null : why(delivery, airGapped, outbox);
  const body =
    outbox.length === 0
      ? empty("Nothing waits: each report has its signed receipt.")
      : table(
          [["Report"], ["Sealed"], ["Size", "number"], ["State"]],
          outbox.map((one) =>
            h(
              "tr",
              { key: `${one.journal} ${one.sequence}` },
              h("td", null, grouped(one.sequence)),
              h("td", null, instant(one.sealed_at, now)),
              h("td", { class: "number" }, bytes(one.bytes)),
              h(
                "td",
                null,
                { waiting: "waiting", held: "held back", parked: "rejected" }[one.state],
              ),
            ),
          ),
        );
  return card(
    "What waits, and why",
    note,
    body,
    more > 0 ? h("p", { class: "quiet" }, `and ${counted(more, "more report")}`) : null,
  );
}

function why(delivery, airGapped, outbox) {
  if (airGapped) return "They leave in a file, and their receipts come back in one.";
  if (outbox.every(({ state }) => state === "held"))
    return "Held back for review, by a person here.";
  if (delivery.other_collector !== null) return "Another collector answers: a person must decide.";
  const { problem, next_attempt_in_seconds: again } = delivery;
  if (problem === null) return "They leave with the next attempt.";
  return `No receipt: ${problem.detail} (${problem.code}). Next attempt ${again > 0 ? `in ${span(again)}` : "now"}.`;
}

const outcomes = {
  accepted: "accepted",
  quarantined: "held for the vendor's decision",
  rejected: "rejected",
  conflict: "conflict",
};

export function receipts({ receipts: all, now }) {
  const note =
    "Signed by the vendor: each proves what was received. submeter-agent verify checks them all.";
  if (all.length === 0)
    return card(
      "Receipts",
      note,
      empty("None yet. The first comes with the first delivered report."),
    );
  const rows = all.map((one) =>
    h(
      "tr",
      { key: `${one.journal} ${one.sequence} ${one.recorded_at}` },
      h("td", null, grouped(one.sequence)),
      h("td", null, instant(one.recorded_at, now)),
      h(
        "td",
        { class: one.outcome },
        outcomes[one.outcome] ?? one.outcome,
        one.code === null ? "" : ` (${one.code})`,
      ),
    ),
  );
  return card("Receipts", note, table([["Report"], ["Recorded"], ["Outcome"]], rows));
}

export function gaps({ gaps: all, now }) {
  const note =
    "When the agent was not counting, in the last 72 hours. Such hours are missing, not zero.";
  if (all.length === 0) return card("Gaps", note, empty("None."));
  const rows = all.map(({ from, to }) =>
    h(
      "tr",
      { key: from },
      h("td", null, instant(from, now)),
      h("td", null, to === now ? "now" : instant(to, now)),
      h("td", { class: "number" }, span(secondsBetween(from, to))),
    ),
  );
  return card("Gaps", note, table([["From"], ["To"], ["Length", "number"]], rows));
}

/** Who should be heard, and what came by the ways that answer nobody; nothing where neither is declared. */
export function heard({ status, now }) {
  const { sources, ways } = status;
  const rows = [
    ...sources.map(({ name, heard_at: at, silent }) => [
      name,
      at === null ? "not heard yet" : `heard ${span(secondsBetween(at, now))} ago`,
      silent ? "rejected" : "",
    ]),
    ...ways.scrape.map(({ source, problem, samples, refused }) => [
      `${source}, scraped`,
      problem ??
        `${counted(samples, "sample")} of declared meters${refused === 0 ? "" : `, ${grouped(refused)} not readable`}`,
      problem === null ? "" : "rejected",
    ]),
    ...ways.heartbeat.map(({ meter, up_at: at }) => [
      `${meter}, heartbeat`,
      at === null ? "not up" : "up",
      at === null ? "quarantined" : "",
    ]),
    ...(ways.statsd === null ? [] : [statsdRow(ways.statsd)]),
  ];
  if (rows.length === 0) return null;
  const note =
    sources.length === 0
      ? "What comes in by itself."
      : "Hours in which a declared source said nothing are missing, not zero.";
  return card(
    "Who is heard",
    note,
    table(
      [["Source"], ["Last"]],
      rows.map(([name, text, tone]) =>
        h("tr", { key: name }, h("td", null, name), h("td", { class: tone }, text)),
      ),
    ),
  );
}

function statsdRow({ counted: lines, bad, dropped, not_durable: lost }) {
  const refused = Object.entries(bad).map(([why, times]) => `${grouped(times)} ${why}`);
  const missing = [
    ...refused,
    ...(dropped ? [`${grouped(dropped)} dropped by the kernel`] : []),
    ...(lost > 0 ? [`${grouped(lost)} lost`] : []),
  ];
  const text = `${counted(lines, "line")} counted`;
  return missing.length === 0
    ? ["StatsD", text, ""]
    : ["StatsD", `${text}; ${missing.join(", ")}`, "quarantined"];
}

export function leaves({ leaves: all }) {
  const rows = all.map(({ meter, unit, aggregation, dimensions }) =>
    h(
      "tr",
      { key: meter },
      h("td", null, meter),
      h(
        "td",
        null,
        `${unit}, ${{ sum: "summed", time_weighted: "held over time", max: "the greatest" }[aggregation]}`,
      ),
      h(
        "td",
        null,
        dimensions.length === 0
          ? "no labels"
          : dimensions.map((one) => h("div", null, h("b", null, one.name), `: ${admitted(one)}`)),
      ),
    ),
  );
  const note =
    "Hourly totals of these meters by these labels, and nothing else that the product processes: no event, id, payload or address.";
  return card(
    "What may leave this environment",
    note,
    table([["Meter"], ["An hour's total in"], ["By"]], rows),
  );
}

function admitted({ values, pattern, pseudonymous }) {
  const which =
    values === null
      ? `texts like ${pattern}`
      : values.slice(0, 12).join(", ") + (values.length > 12 ? ", …" : "");
  return pseudonymous ? `${which}, as a pseudonym` : which;
}
