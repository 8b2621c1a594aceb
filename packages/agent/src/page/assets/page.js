/** Asks the agent every second while somebody looks, and shows what it answers; without an answer it says so. */

import { h, show } from "./elements.js";
import { notices } from "./notices.js";
import { allowed, cost } from "./plan.js";
import * as sections from "./sections.js";
import { bytes, counted, grouped, span } from "./words.js";

const everyMs = 1000;
const root = document.getElementById("page");
const tokenName = "submeter-agent-token";

let state = null;
/** By the browser's own clock: when the agent last answered. */
let answeredAt = 0;
let trouble = null;
let preview = null;
let isPreviewOpen = false;

async function ask(path) {
  const token = sessionStorage.getItem(tokenName);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(path, { headers, cache: "no-store", redirect: "error" });
  if (response.status === 401) return "token";
  if (!response.ok) throw new Error(`the agent answers with ${response.status}`);
  return response.json();
}

async function refresh() {
  try {
    const answer = await ask("/v1/page");
    if (answer === "token") {
      trouble = "token";
    } else {
      [state, answeredAt, trouble] = [answer, Date.now(), null];
      if (isPreviewOpen) preview = await ask("/v1/preview");
    }
  } catch {
    trouble = "silent";
  }
  draw();
}

function draw() {
  if (trouble === "token") {
    show(root, [tokenForm()]);
  } else if (state === null) {
    show(root, [silentAtFirst()]);
  } else {
    document.title = `${state.status.installation} · Submeter agent`;
    show(root, [top(), body(), foot()]);
  }
}

function top() {
  const [kind, text] = standing();
  return h(
    "header",
    { class: "top" },
    h(
      "div",
      { class: "frame" },
      h("img", { src: "/page/icon.svg", alt: "", width: "32", height: "32" }),
      h(
        "div",
        { class: "name" },
        h("h1", null, state.status.installation),
        h("p", { class: "quiet" }, "Submeter agent: counts usage here, and sends hourly totals"),
      ),
      h(
        "div",
        { class: "asof" },
        h("p", { class: `standing ${kind}`, role: "status" }, text),
        h("p", { class: "quiet" }, trouble === null ? `live, ${state.now.slice(11, 19)} UTC` : " "),
      ),
    ),
  );
}

function standing() {
  const { counting, sealing, delivery } = state.status;
  if (trouble === "silent") return ["bad", "No answer"];
  if (sealing.final) return ["quiet", "Retired"];
  if (counting.refusing !== null) return ["bad", "Refusing events"];
  if (delivery.other_collector !== null) return ["bad", "Counting; delivery stopped"];
  if (delivery.problem !== null) return ["warn", "Counting; offline"];
  return ["ok", "Counting"];
}

function body() {
  return h(
    "main",
    { class: "frame" },
    trouble === "silent" ? lost() : notices(state),
    sections.tiles(state),
    sections.meters(state),
    h(
      "div",
      { class: "columns" },
      h("div", null, allowed(state), sections.waiting(state)),
      h(
        "div",
        null,
        cost(state),
        sections.heard(state),
        sections.gaps(state),
        sections.receipts(state),
      ),
    ),
    nextReport(),
    sections.leaves(state),
  );
}

function nextReport() {
  const reports = preview?.reports ?? [];
  const size = reports.reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0);
  return h(
    "section",
    { class: "card", key: "next" },
    h(
      "details",
      {
        ontoggle: (event) => {
          isPreviewOpen = event.target.open;
          if (isPreviewOpen) void refresh();
        },
      },
      h(
        "summary",
        null,
        h("h2", null, "The exact next report"),
        h("span", { class: "quiet" }, "byte for byte, as it would be sealed now"),
      ),
      preview === null
        ? h("p", { class: "empty" }, "Asking the agent…")
        : reports.length === 0
          ? h("p", { class: "empty" }, "There is nothing to report yet.")
          : [
              h(
                "p",
                { class: "quiet" },
                `${counted(reports.length, "report")}, ${bytes(size)}. Nothing else is sent but its signature.`,
              ),
              reports.map(({ sequence, digest, text }) =>
                h(
                  "div",
                  { key: sequence },
                  h(
                    "pre",
                    { tabindex: "0", "aria-label": `The bytes of report ${sequence}` },
                    text,
                  ),
                  h("p", { class: "digest" }, `report ${grouped(sequence)}, sha-256 ${digest}`),
                ),
              ),
            ],
    ),
  );
}

function lost() {
  return h(
    "section",
    { class: "notices" },
    h(
      "div",
      { class: "notice bad", role: "alert" },
      h("strong", null, "The agent does not answer."),
      ` What stands here is what it said ${span((Date.now() - answeredAt) / 1000)} ago. Look whether it runs: submeter-agent status.`,
    ),
  );
}

function silentAtFirst() {
  const text =
    trouble === "silent"
      ? "The agent does not answer. Look whether it runs: submeter-agent status."
      : "Asking the agent…";
  return h(
    "main",
    { class: "frame" },
    h("h1", null, "Submeter agent"),
    h("p", { class: "quiet", role: "status" }, text),
  );
}

function tokenForm() {
  return h(
    "main",
    { class: "frame" },
    h(
      "section",
      { class: "card token" },
      h("h1", null, "Submeter agent"),
      h(
        "p",
        null,
        "This agent asks for its token. It is kept in this tab only, and sent to this agent only.",
      ),
      h("label", { for: "token" }, "The value of SUBMETER_AGENT_TOKEN"),
      h("input", {
        id: "token",
        type: "password",
        autocomplete: "off",
        onkeydown: (event) => {
          if (event.key === "Enter") take();
        },
      }),
      h("button", { type: "button", onclick: take }, "Show the page"),
      sessionStorage.getItem(tokenName) === null
        ? null
        : h("p", { class: "wrong", role: "alert" }, "That is not this agent's token."),
    ),
  );
}

function take() {
  sessionStorage.setItem(tokenName, document.getElementById("token").value.trim());
  void refresh();
}

function foot() {
  const { version, journal, endpoint } = state.status;
  return h(
    "footer",
    { class: "frame quiet" },
    h("p", null, `Version ${version} · journal ${journal}`),
    h(
      "p",
      null,
      state.air_gapped ? "Nothing is sent." : `Reports go to ${endpoint}.`,
      " This page is served by the agent itself and loads nothing from elsewhere.",
    ),
  );
}

setInterval(() => {
  if (!document.hidden) void refresh();
}, everyMs);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh();
});
void refresh();
