import { expect, it } from "vitest";
import { openJournal } from "./journal.ts";

const member = { label: "sub", input: "", signature: "" } as const;
const receipt = (text: string) => ({
  journal: "j",
  sequence: 1,
  outcome: "accepted",
  code: null,
  recordedAt: 1,
  receivedAt: 2,
  body: Buffer.from(text),
  sub: member,
  proof: member,
});

it("a receipt that comes again is kept once, and one that was issued anew beside it", () => {
  const journal = openJournal(":memory:");
  journal.journals.add({ journal: "j", seed: new Uint8Array(32), replaces: null, madeAt: 0 }, []);
  const body = new Uint8Array();
  journal.reports.add(
    { journal: "j", sequence: 1, sealedAt: 0, digest: "", body, proof: null },
    false,
  );
  for (const text of ["first", "first", "anew", "first", "anew"]) {
    journal.reports.addReceipt(receipt(text));
  }
  const [report] = journal.archive.page("j", 0, 0);
  expect(report?.receipts.map(({ body: kept }) => Buffer.from(kept).toString())).toEqual([
    "first",
    "anew",
  ]);
  journal.close();
});
