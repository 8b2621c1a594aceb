/** What sections are built of: a card with its title, a table, and the words for nothing. */

import { h } from "./elements.js";

export function card(title, note, ...children) {
  return h(
    "section",
    { class: "card", key: title },
    h(
      "header",
      null,
      h("h2", null, title),
      note === null ? null : h("p", { class: "quiet" }, note),
    ),
    children,
  );
}

export function empty(text) {
  return h("p", { class: "empty" }, text);
}

export function table(heads, rows) {
  return h(
    "div",
    // Narrow screens scroll it; whoever has no mouse reaches it by the tabulator.
    {
      class: "scroll",
      tabindex: "0",
      role: "group",
      "aria-label": heads.map(([text]) => text).join(", "),
    },
    h(
      "table",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          heads.map(([text, kind]) => h("th", { class: kind ?? "", scope: "col" }, text)),
        ),
      ),
      h("tbody", null, rows),
    ),
  );
}
