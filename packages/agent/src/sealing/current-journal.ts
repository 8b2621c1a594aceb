/** The journal that counts now: its name, its key, and where its chain stands. */

import type { Instant } from "@submeter/shared/time/instant";
import { type ProofSigner, proofSigner } from "@submeter/shared/wire/ed25519";
import type { Journal } from "../journal/journal.ts";
import type { JournalIdentity, NewJournal } from "../journal/journals-table.ts";

export type CurrentJournal = {
  readonly identity: JournalIdentity;
  readonly signer: ProofSigner;
  /** Windows that the journals had reported which it replaces, directly or through another. */
  readonly apart: ReadonlySet<Instant>;
};

/** Of the file; a first one is made when it has none, and a new one after a final report. */
export function openCurrentJournal(journal: Journal, make: () => NewJournal): CurrentJournal {
  const known = journal.journals.current();
  if (known === null || known.final) {
    journal.write(() => {
      journal.journals.add(make(), []);
    });
  }
  return readCurrentJournal(journal);
}

export function readCurrentJournal(journal: Journal): CurrentJournal {
  const identity = journal.journals.current();
  if (identity === null) throw new RangeError("the journal has no identity");
  return {
    identity,
    signer: proofSigner(identity.seed),
    apart: journal.journals.replacedWindows(),
  };
}
