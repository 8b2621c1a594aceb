/** Webhooks at the command line: what is typed, printed and asked. */

import { describe, expect, test } from "vitest";
import { golden } from "./golden.fixture.ts";
import { runAgainst } from "./operator-session.fixture.ts";
import type { Delivery, Webhook } from "./commands/webhooks/webhook.ts";
import type { Script } from "./scripted-collector.fixture.ts";

const webhook: Webhook = {
  id: "wh_01",
  url: "https://hooks.example.com/submeter",
  types: ["installation.*", "invoice.finalized"],
  description: "",
  disabled_at: null,
  disabled_reason: null,
  pending: 1,
  failed: 2,
  last_delivered_at: "2026-01-08T13:00:00Z",
};
const removed: Webhook = {
  ...webhook,
  id: "wh_02",
  types: [],
  failed: 0,
  disabled_at: "2026-01-07T00:00:00Z",
  disabled_reason: "it answered 410: gone",
  last_delivered_at: null,
};
const delivery: Delivery = {
  event: "evt_b",
  type: "installation.late",
  status: "pending",
  attempts: 2,
  next_at: "2026-01-08T14:42:00Z",
  created_at: "2026-01-08T14:00:00Z",
  finished_at: null,
  last_status: 503,
  last_detail: "out to lunch",
};
const failed: Delivery = {
  ...delivery,
  event: "evt_a",
  status: "failed",
  attempts: 10,
  next_at: null,
  last_status: null,
  last_detail: "it could not be reached: ECONNREFUSED",
};
const list = (...items: readonly unknown[]) => ({ json: { items, next: null } });
const secret = "whsec_bm90LWEtc2VjcmV0LWJ1dC1hbi1leGFtcGxl";
const delivered = { delivered: true, status: 204, detail: "", milliseconds: 31 };

const cases: readonly { name: string; typed: string; script: Script }[] = [
  {
    name: "webhooks/add",
    typed:
      "webhooks add https://hooks.example.com/submeter --types installation.*,invoice.finalized",
    script: { "POST /api/v1/webhooks": { status: 201, json: { webhook, secret } } },
  },
  {
    name: "webhooks/list",
    typed: "webhooks list --all",
    script: { "GET /api/v1/webhooks": list(webhook, removed) },
  },
  {
    name: "webhooks/list-none",
    typed: "webhooks list",
    script: { "GET /api/v1/webhooks": list(removed) },
  },
  {
    name: "webhooks/rotate",
    typed: "webhooks rotate wh_01 --overlap 2d",
    script: {
      "POST /api/v1/webhooks/wh_01/rotate": {
        status: 201,
        json: { secret, overlap_until: "2026-01-10T14:12:00Z" },
      },
    },
  },
  {
    name: "webhooks/remove",
    typed: "webhooks remove wh_01 --reason moved",
    script: { "POST /api/v1/webhooks/wh_01/remove": { json: removed } },
  },
  {
    name: "webhooks/test",
    typed: "webhooks test wh_01",
    script: { "POST /api/v1/webhooks/wh_01/test": { json: { event: "evt_t", ...delivered } } },
  },
  {
    name: "webhooks/redeliver-refused",
    typed: "webhooks redeliver wh_01 evt_a",
    script: {
      "POST /api/v1/webhooks/wh_01/deliveries/evt_a/redeliver": {
        json: { delivered: false, status: 500, detail: "boom", milliseconds: 12 },
      },
    },
  },
  {
    name: "webhooks/deliveries",
    typed: "webhooks deliveries wh_01",
    script: { "GET /api/v1/webhooks/wh_01/deliveries": list(delivery, failed) },
  },
  {
    name: "webhooks/deliveries-none",
    typed: "webhooks deliveries wh_01 --status failed",
    script: { "GET /api/v1/webhooks/wh_01/deliveries": list() },
  },
];

describe("webhooks at the command line", () => {
  test.each(cases)("$name", async ({ name, typed, script }) => {
    const session = await runAgainst(script, typed.split(" "));
    const asked = session.asked.map(({ line, body }) =>
      body === undefined ? line : `${line} ${JSON.stringify(body)}`,
    );
    const shown = [
      `$ submeter ${typed}`,
      session.out + session.errors,
      `exit ${session.exitCode}`,
      ...asked.map((line) => `asked: ${line}`),
      "",
    ].join("\n");
    expect(shown).toBe(golden(name, shown));
  });
});
