/** What the vendor's plan means here: what may still be used, and what it has cost so far. */

import { card, empty, table } from "./card.js";
import { h } from "./elements.js";
import { day, grouped, instant, span } from "./words.js";

const marks = { ok: "✓", warning: "!", throttle: "≈", blocked: "✕", unknown: "?" };
const meanings = {
  no_state: "the vendor has not answered yet",
  not_told: "the vendor says nothing of it",
  no_contract: "no contract is in force",
  period_over: "the vendor's word is of a period that is over",
  suspended: "suspended",
  not_limited: "not limited",
  within: "within the quota",
  near_quota: "near the end of the quota",
  beyond_quota: "the quota is used up, and more is billed",
  limit_reached: "a limit of the plan is reached",
};

export function allowed({ entitlements, now }) {
  const { meters: all, as_of: asOf, staleness_seconds: age, features } = entitlements;
  const note =
    asOf === null
      ? "What the product is told when it asks. The vendor has not answered yet, so it is told that nobody knows."
      : `What the product is told when it asks. The vendor's word is of ${instant(asOf, now)}, ${span(age)} ago; what was counted since is in it.`;
  const list = Object.entries(features ?? {});
  return card(
    "May be used",
    note,
    all.map((one) => entitlement(one, now)),
    list.length === 0
      ? null
      : h(
          "details",
          null,
          h("summary", null, "What the plan allows besides"),
          h(
            "dl",
            { class: "pairs" },
            list.map(([name, value]) => [h("dt", null, name), h("dd", null, feature(value))]),
          ),
        ),
  );
}

function feature(value) {
  if (value === null) return "without limit";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function entitlement(one, now) {
  const { meter, status, reason, used, quota, remaining, rate, resets_at: resets } = one;
  const part = quota === null || quota === "0" ? null : Math.min(1, Number(used) / Number(quota));
  const said = rate === null ? meanings[reason] : `${meanings[reason]}: no more than ${rate}`;
  return h(
    "div",
    { class: `entitlement ${status}`, key: meter },
    h(
      "p",
      { class: "line" },
      h("b", null, meter),
      h(
        "span",
        { class: "pill" },
        h("span", { "aria-hidden": "true" }, marks[status]),
        ` ${status}`,
      ),
    ),
    part === null
      ? null
      : h(
          "svg",
          {
            class: "gauge",
            viewBox: "0 0 100 4",
            preserveAspectRatio: "none",
            role: "img",
            "aria-label": `${grouped(used)} of ${grouped(quota)}`,
          },
          h("rect", { width: 100, height: 4, rx: 2, class: "rail" }),
          h("rect", { width: Math.max(part * 100, 1), height: 4, rx: 2, class: "fill" }),
        ),
    h(
      "p",
      { class: "quiet" },
      used === null
        ? said
        : `${grouped(used)}${quota === null ? "" : ` of ${grouped(quota)}`} ${one.unit}; ${said}`,
      remaining === null || quota === null ? "" : `; ${grouped(remaining)} left`,
      resets === null || quota === null ? "" : ` until ${instant(resets, now)}`,
    ),
  );
}

export function cost({ cost: told, now }) {
  if (told === null)
    return card("Cost so far", null, empty("No plan has come with the vendor's word yet."));
  const { plan, prices, estimate } = told;
  const name = `${plan.description ?? plan.id}, version ${plan.version} of the plan`;
  if (prices === "not_shown")
    return card("Cost so far", name, empty("The contract does not show prices here."));
  if (prices === "unreadable")
    return card(
      "Cost so far",
      name,
      empty("The plan is written for a later version of this agent, which cannot rate by it."),
    );
  const { currency, total, lines, period, unpriced, shadow_total: shadow } = estimate;
  return card(
    "Cost so far",
    `An estimate by the engine of the invoice: ${name}, ${day(period.from)} to now.`,
    h("p", { class: "value big" }, grouped(total), h("span", { class: "unit" }, ` ${currency}`)),
    shadow === null
      ? null
      : h("p", { class: "quiet" }, `Complimentary; it would be ${grouped(shadow)} ${currency}.`),
    table(
      [["Line"], [currency, "number"]],
      lines.map(({ id, description, amount }) =>
        h(
          "tr",
          { key: id },
          h("td", null, description),
          h("td", { class: "number" }, grouped(amount)),
        ),
      ),
    ),
    unpriced.length === 0
      ? null
      : h("p", { class: "quiet" }, "Some usage has no price yet and is not in it."),
    h(
      "p",
      { class: "quiet" },
      `Of all installations of the contract as the vendor had recorded them, and what was counted here up to ${instant(now, now)}.`,
    ),
  );
}
