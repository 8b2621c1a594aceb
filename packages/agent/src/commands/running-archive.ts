/** Reads the history from the agent that runs: it alone may hold the file. */

import { resultOf, type LocalAgent } from "./local-agent.ts";
import type { ArchiveHead, ArchivePage, PagedReport } from "../intake/archive-routes.ts";
import type { ArchivedReport } from "../journal/archive-table.ts";
import type { Archive } from "../archive/archive.ts";

/** Throws `agent_unreachable` when none runs. */
export async function runningArchive(agent: LocalAgent): Promise<Archive> {
  const head = resultOf<ArchiveHead>(await agent.get("/v1/archive"));
  return {
    name: `the agent at ${agent.url}`,
    ...head,
    async *reports(journal, sealedFrom) {
      // What is sealed meanwhile is another look's.
      const last = head.journals.find((one) => one.journal === journal)?.lastSequence ?? 0;
      let after = 0;
      for (;;) {
        const asked = JSON.stringify({ journal, after, sealedFrom });
        const page = resultOf<ArchivePage>(await agent.post("/v1/archive/page", asked));
        yield* page.reports.filter(({ sequence }) => sequence <= last).map(unpaged);
        after = page.reports.at(-1)?.sequence ?? last;
        if (after >= last) return;
      }
    },
    damage: () => null,
    close: () => {},
  };
}

function unpaged(report: PagedReport): ArchivedReport {
  return {
    ...report,
    body: bytesOf(report.body),
    receipts: report.receipts.map((receipt) => ({ ...receipt, body: bytesOf(receipt.body) })),
  };
}

function bytesOf(base64: string): Uint8Array {
  return Buffer.from(base64, "base64");
}
