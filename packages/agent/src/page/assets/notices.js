/** What needs a person, the gravest first: what it is, what it means for the bill, and what to do. */

import { h } from "./elements.js";
import { bytes, counted, day, instant, span } from "./words.js";

export function notices(state) {
  const found = all(state).filter((one) => one !== null);
  if (found.length === 0) return null;
  return h(
    "section",
    { class: "notices", "aria-label": "What needs attention" },
    found.map(({ level, title, text, link }) =>
      h(
        "div",
        { class: `notice ${level}`, key: title, role: level === "bad" ? "alert" : "status" },
        h("strong", null, title),
        h("span", null, ` ${text}`),
        link
          ? h("a", { href: link, rel: "noreferrer noopener", target: "_blank" }, "Put it right")
          : null,
      ),
    ),
  );
}

function all(state) {
  const { status, entitlements } = state;
  return [
    refusing(status),
    silent(status, state.now),
    unread(status),
    stopped(status),
    suspended(entitlements, state.now),
    parked(status),
    fallback(status, state),
    held(status, state.now),
    offline(status, state),
    skewed(status),
    little(state),
    paused(status, state.now),
    trial(entitlements, state.now),
    forked(state),
    retired(status),
    airGapped(state),
  ];
}

const refusals = {
  disk_full: "The disk is full. Free some space; counting goes on by itself.",
  ids_full:
    "As many event ids are remembered as fit; events without ids are counted. It passes when the oldest hour is 72 hours old.",
  commit_failed: "The journal does not take what is counted. See the agent's log.",
  journal_broken: "The journal failed, and the agent starts afresh from what is durable.",
  stopping: "The agent is stopping.",
};

function refusing({ counting, sealing }) {
  if (counting.refusing === null || sealing.final) return null;
  const text = refusals[counting.refusing] ?? "See the agent's log.";
  return {
    level: "bad",
    title: "Events are refused.",
    text: `${text} The product keeps what it could not report and sends it again.`,
  };
}

function silent({ sources }, now) {
  const all = sources.filter((one) => one.silent);
  if (all.length === 0) return null;
  const names = all
    .map(({ name, heard_at: at }) => (at === null ? name : `${name} (since ${instant(at, now)})`))
    .join(", ");
  const text = `${names}: nothing came for an hour. Hours without the word of a declared source are not counted, which is not zero. Look whether that part of the product runs and sends.`;
  const title = all.length === 1 ? "A source is silent." : `${all.length} sources are silent.`;
  return { level: "bad", title, text };
}

function unread({ ways }) {
  const page = ways.scrape.find(({ problem }) => problem !== null);
  if (page === undefined) return null;
  const text = `${page.source}: ${page.problem} (${page.url}). What its counters gain meanwhile counts with the next page that can be read.`;
  return { level: "warn", title: "A page of metrics is not read.", text };
}

function stopped({ delivery }) {
  const other = delivery.other_collector;
  if (other === null) return null;
  const text = `A collector named ${other.collector} answers with this installation's key, and it is not the one that was pinned. Counting goes on; nothing is sent until a person decides: submeter-agent trust.`;
  return { level: "bad", title: "Delivery has stopped.", text };
}

function suspended({ suspended: one }, now) {
  if (one === null) return null;
  const text = `Since ${instant(one.since, now)}: ${one.reason}. What is counted is still recorded.`;
  return {
    level: "bad",
    title: "The vendor has suspended this installation.",
    text,
    link: safe(one.fix_url),
  };
}

/** Only where a browser goes: the address is the vendor's word. */
function safe(url) {
  return url !== null && /^https?:\/\//.test(url) ? url : null;
}

function parked({ backlog }) {
  if (backlog.parked === 0) return null;
  const text =
    "They are kept. Send them to the vendor's support, and offer them again with submeter-agent retry.";
  return { level: "bad", title: `${counted(backlog.parked, "report")} rejected.`, text };
}

function fallback({ collector }, { air_gapped: airGapped }) {
  const left = collector?.fallback_in_seconds ?? null;
  if (left === null || left > 24 * 3600) return null;
  const text = airGapped
    ? "Carry the waiting reports to the vendor: submeter-agent export."
    : "If nothing more arrives at the vendor, this period is billed at the contracted minimum, provisionally.";
  const title = left > 0 ? `Billing falls back in ${span(left)}.` : "Billing has fallen back.";
  return { level: "warn", title, text };
}

function held({ hold }, now) {
  if (hold.since === null && hold.reports === 0) return null;
  const due =
    hold.overdue_at === null
      ? ""
      : ` The hours in them become overdue on ${day(hold.overdue_at)} at ${hold.overdue_at.slice(11, 16)} UTC.`;
  const since = hold.since === null ? "" : ` since ${instant(hold.since, now)}`;
  const text = `${counted(hold.reports, "report")} wait${hold.reports === 1 ? "s" : ""} to be released: submeter-agent hold release.${due}`;
  return { level: "warn", title: `Reports are held back for review${since}.`, text };
}

function offline({ delivery, backlog }, { now }) {
  const { problem } = delivery;
  if (problem === null || delivery.other_collector !== null) return null;
  const again = delivery.next_attempt_in_seconds;
  const next = again > 0 ? ` Next attempt in ${span(again)}.` : "";
  const text = `${problem.detail} (${problem.code}, ${instant(problem.at, now)}).${next} Nothing is lost: ${counted(backlog.reports, "report")} ${backlog.reports === 1 ? "waits" : "wait"} here.`;
  return { level: "warn", title: "The vendor cannot be reached.", text };
}

function skewed({ collector }) {
  const skew = collector?.clock_skew_ms ?? 0;
  if (Math.abs(skew) < 300_000) return null;
  const text = `It is ${span(Math.abs(skew) / 1000)} ${skew > 0 ? "ahead of" : "behind"} the vendor's. Hours would be counted under the wrong time: set it by NTP.`;
  return { level: "warn", title: "This machine's clock is off.", text };
}

function little({ disk_free_bytes: free }) {
  if (free === null || free > 500_000_000) return null;
  return {
    level: "warn",
    title: "The disk is nearly full.",
    text: `${bytes(free)} are free where the journal lies.`,
  };
}

function paused({ shutdown }, now) {
  if (shutdown === null) return null;
  const text = `From ${instant(shutdown.from, now)} to ${instant(shutdown.until, now)}: ${shutdown.reason}. The vendor decides whether these hours are excused.`;
  return { level: "info", title: "A shutdown is attested.", text };
}

function trial({ trial_ends_at: end }, now) {
  if (end === null || end <= now) return null;
  return {
    level: "info",
    title: "Trial.",
    text: `It ends on ${day(end)} at ${end.slice(11, 16)} UTC.`,
  };
}

function forked({ replaces }) {
  if (replaces === null) return null;
  const causes = {
    fork: "Another journal took over from one that was copied, restored or cloned.",
    corrupt: "Another journal took over from one that could no longer be read.",
    moved: "Another journal took over from one that was moved.",
  };
  const text = "What had no receipt was sealed anew; nothing counts twice.";
  return { level: "info", title: causes[replaces], text };
}

function retired({ sealing }) {
  if (!sealing.final) return null;
  const text =
    "The final report is sealed and nothing more is counted. What waits is still delivered; a new start begins a new journal.";
  return { level: "info", title: "This agent is retired.", text };
}

function airGapped({ air_gapped: isAirGapped }) {
  if (!isAirGapped) return null;
  const text =
    "No socket is opened outward. Reports leave as files (submeter-agent export), and receipts come back as files (import-receipts).";
  return { level: "info", title: "Air-gapped.", text };
}
