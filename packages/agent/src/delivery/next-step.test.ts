import { describe, expect, it } from "vitest";
import { type DeliveryFacts, nextStep } from "./next-step.ts";

const now = 1_000_000;
const settled: DeliveryFacts = {
  now,
  airGapped: false,
  stopped: false,
  pinned: true,
  stateReceivedAt: now - 60,
  stateAgeSecondsMax: 3600,
  greeted: true,
  stateChanged: false,
  helloPaused: false,
  waitingReports: 0,
  refreshWanted: false,
  bundleReportsMax: 1000,
};

describe("delivery", () => {
  it.each([
    { given: "nothing waits", facts: {}, outcome: { kind: "rest" } },
    {
      given: "a backlog waits where nothing may be sent",
      facts: { airGapped: true, pinned: false, waitingReports: 2, refreshWanted: true },
      outcome: { kind: "rest" },
    },
    { given: "one report waits", facts: { waitingReports: 1 }, outcome: { kind: "report" } },
    {
      given: "a backlog waits",
      facts: { waitingReports: 2 },
      outcome: { kind: "bundle", reportsMax: 1000 },
    },
    {
      given: "a person wants to see the newest state",
      facts: { refreshWanted: true },
      outcome: { kind: "hello" },
    },
    {
      given: "a person wants to see the newest state, and reports wait",
      facts: { refreshWanted: true, waitingReports: 1 },
      outcome: { kind: "report" },
    },
    {
      given: "bundles have shrunk to one",
      facts: { waitingReports: 9, bundleReportsMax: 1 },
      outcome: { kind: "report" },
    },
    {
      given: "no collector is pinned",
      facts: { pinned: false, waitingReports: 5 },
      outcome: { kind: "hello" },
    },
    { given: "the process has just begun", facts: { greeted: false }, outcome: { kind: "hello" } },
    { given: "the state changed", facts: { stateChanged: true }, outcome: { kind: "hello" } },
    {
      given: "the state is old",
      facts: { stateReceivedAt: now - 3600 },
      outcome: { kind: "hello" },
    },
    {
      given: "a hello failed a moment ago, and the pins are known",
      facts: { greeted: false, helloPaused: true, waitingReports: 1 },
      outcome: { kind: "report" },
    },
    {
      given: "a hello failed a moment ago, and nothing is pinned",
      facts: { pinned: false, helloPaused: true },
      outcome: { kind: "hello" },
    },
    {
      given: "another collector answered",
      facts: { stopped: true, pinned: false, waitingReports: 5 },
      outcome: { kind: "stopped" },
    },
  ] as { given: string; facts: Partial<DeliveryFacts>; outcome: unknown }[])(
    "$given: $outcome.kind",
    ({ facts, outcome }) => {
      expect(nextStep({ ...settled, ...facts })).toEqual(outcome);
    },
  );
});
