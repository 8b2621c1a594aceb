/** Decides what delivery does next, from what it knows. Pure. */

import type { Instant } from "@submeter/shared/time/instant";

export type DeliveryFacts = {
  readonly now: Instant;
  /** Nothing is sent: reports leave as files, and receipts come back as files. */
  readonly airGapped: boolean;
  /** The collector that answers is not the pinned one, and no person has decided yet. */
  readonly stopped: boolean;
  /** Without pins no receipt could be believed: a state comes first. */
  readonly pinned: boolean;
  /** When the newest state came; null before the first. */
  readonly stateReceivedAt: Instant | null;
  /** Older than this it is asked for anew. */
  readonly stateAgeSecondsMax: number;
  /** This process has asked for a state and got one. */
  readonly greeted: boolean;
  /** The collector hinted at a state other than the one held. */
  readonly stateChanged: boolean;
  /** Asking again by now would be in vain. */
  readonly helloPaused: boolean;
  readonly waitingReports: number;
  /** A person waits, who wants to see what the collector makes of the reports. */
  readonly refreshWanted: boolean;
  /** 1 after a 413 has halved it down. */
  readonly bundleReportsMax: number;
};

export type NextStep =
  | { readonly kind: "hello" }
  | { readonly kind: "report" }
  | { readonly kind: "bundle"; readonly reportsMax: number }
  | { readonly kind: "rest" }
  | { readonly kind: "stopped" };

export function nextStep(facts: DeliveryFacts): NextStep {
  if (facts.airGapped) return { kind: "rest" };
  if (facts.stopped) return { kind: "stopped" };
  if (!facts.pinned || wantsState(facts)) return { kind: "hello" };
  if (facts.waitingReports === 0) return { kind: facts.refreshWanted ? "hello" : "rest" };
  return facts.waitingReports === 1 || facts.bundleReportsMax === 1
    ? { kind: "report" }
    : { kind: "bundle", reportsMax: facts.bundleReportsMax };
}

function wantsState(facts: DeliveryFacts): boolean {
  if (facts.helloPaused) return false;
  if (!facts.greeted || facts.stateChanged || facts.stateReceivedAt === null) return true;
  return Math.abs(facts.now - facts.stateReceivedAt) >= facts.stateAgeSecondsMax;
}
