/** What the agent knows of its collector, kept in the journal: the pins, the newest state, and whether it must stop. */

import { type Entitlements, readEntitlements } from "@submeter/shared/entitlements/entitlements";
import type { Instant } from "@submeter/shared/time/instant";
import type { State } from "@submeter/shared/wire/state";
import type { Journal } from "../journal/journal.ts";
import type { Pins } from "./judge-answer.ts";

type StoredState = {
  readonly state: State;
  readonly issuedAt: Instant;
  readonly receivedAt: Instant;
  /** This machine's clock minus the collector's, when the state came; to about a second. */
  readonly skewMs: number;
};

/** With what the state says of entitlements, read once; null where it says nothing that can be read. */
export type HeldState = StoredState & { readonly entitlements: Entitlements | null };

/** Another collector than the pinned one answered with this installation's key. */
export type Stranger = { readonly collector: string; readonly seenAt: Instant };

export class CollectorKnowledge {
  readonly #table: Journal["knowledge"];
  #pins: Pins | null;
  #held: HeldState | null;
  #stranger: Stranger | null;
  #signedAt: Instant | null;

  constructor(table: Journal["knowledge"]) {
    this.#table = table;
    this.#pins = table.get<Pins>("pins");
    this.#held = readHeld(table);
    this.#stranger = table.get<Stranger>("stranger");
    this.#signedAt = table.get<Instant>("signed_at");
  }

  get pins(): Pins | null {
    return this.#pins;
  }

  get held(): HeldState | null {
    return this.#held;
  }

  get stranger(): Stranger | null {
    return this.#stranger;
  }

  /** The latest instant that the collector has signed. */
  get signedAt(): Instant | null {
    return this.#signedAt;
  }

  /** Inside a transaction; call {@link reload} should it fail. */
  takeState(held: StoredState): void {
    this.#held = withEntitlements(held);
    this.#pins = { collector: held.state.collector, publicKeys: held.state.public_keys };
    this.#table.set("state", held);
    this.#table.set("pins", this.#pins);
    this.takeSigned(held.issuedAt);
  }

  /** Inside a transaction; call {@link reload} should it fail. */
  takeSigned(instant: Instant): void {
    if (this.#signedAt !== null && instant <= this.#signedAt) return;
    this.#signedAt = instant;
    this.#table.set("signed_at", instant);
  }

  /** Inside a transaction; call {@link reload} should it fail. */
  takeStranger(stranger: Stranger): void {
    this.#stranger = stranger;
    this.#table.set("stranger", stranger);
  }

  /** A person decided: the collector that answers next is the one. Inside a transaction; call {@link reload} should it fail. */
  forgetPins(): void {
    this.#pins = null;
    this.#held = null;
    this.#stranger = null;
    for (const name of ["pins", "state", "stranger", "signed_at"]) this.#table.remove(name);
    this.#signedAt = null;
  }

  /** After a rollback: the file says what holds. */
  reload(): void {
    this.#pins = this.#table.get<Pins>("pins");
    this.#held = readHeld(this.#table);
    this.#stranger = this.#table.get<Stranger>("stranger");
    this.#signedAt = this.#table.get<Instant>("signed_at");
  }
}

function readHeld(table: Journal["knowledge"]): HeldState | null {
  const held = table.get<StoredState>("state");
  return held === null ? null : withEntitlements(held);
}

function withEntitlements(held: StoredState): HeldState {
  return { ...held, entitlements: readEntitlements(held.state.entitlements) };
}
