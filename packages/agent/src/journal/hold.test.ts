/** A hold keeps back what waits, and nothing that has left already. */

import { expect, it } from "vitest";
import { changeHold } from "./hold.ts";
import { openJournal } from "./journal.ts";
import type { ReportState } from "./reports-table.ts";

const name = { journal: "j", sequence: 1 };

it.each<{ became: ReportState; again: string }>([
  { became: "parked", again: "retry" },
  { became: "delivered", again: "a restored collector" },
])("a report that was on its way when a hold began goes out again by $again", ({ became }) => {
  const journal = openJournal(":memory:");
  journal.journals.add({ journal: "j", seed: new Uint8Array(32), replaces: null, madeAt: 0 }, []);
  const body = new Uint8Array();
  journal.reports.add({ ...name, sealedAt: 0, digest: "", body, proof: null }, false);
  changeHold(journal, "on", 1);
  journal.reports.mark(name, became, true);
  changeHold(journal, "off", 2);
  if (became === "parked") journal.reports.unpark();
  else journal.reports.offerAgain("j", 0);
  expect(journal.reports.sendable()).toBe(1);
  journal.close();
});
