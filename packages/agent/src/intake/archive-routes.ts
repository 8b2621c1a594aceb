/** The journal's history for `verify` and `history`, page by page, so that intake never waits for long. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { ArchivedJournal, ArchivedReceipt, ArchivedReport } from "../journal/archive-table.ts";
import type { Journal } from "../journal/journal.ts";
import { type Routes, askingRoute, jsonRoute } from "./route.ts";

export type ArchiveHead = {
  readonly installation: string | null;
  readonly pinnedKeys: readonly string[];
  readonly journals: readonly ArchivedJournal[];
};

/** Bodies in base64. */
export type ArchivePage = { readonly reports: readonly PagedReport[] };
export type PagedReport = Omit<ArchivedReport, "body" | "receipts"> & {
  readonly body: string;
  readonly receipts: readonly (Omit<ArchivedReceipt, "body"> & { readonly body: string })[];
};

type Asked = { readonly journal: string; readonly after: number; readonly sealedFrom: number };

export function archiveRoutes({ archive }: Journal): Routes {
  return {
    "/v1/archive": jsonRoute("GET", (): ArchiveHead => ({
      installation: archive.installation(),
      pinnedKeys: archive.pinnedKeys(),
      journals: archive.journals(),
    })),
    "/v1/archive/page": askingRoute(readAsked, (asked): ArchivePage => ({
      reports: archive.page(asked.journal, asked.after, asked.sealedFrom).map(paged),
    })),
  };
}

function paged(report: ArchivedReport): PagedReport {
  return {
    ...report,
    body: base64(report.body),
    receipts: report.receipts.map((receipt) => ({ ...receipt, body: base64(receipt.body) })),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function readAsked(json: unknown): Asked {
  const { journal, after, sealedFrom } = Object(json) as Record<string, unknown>;
  if (
    typeof journal === "string" &&
    typeof after === "number" &&
    typeof sealedFrom === "number" &&
    Number.isSafeInteger(after) &&
    Number.isSafeInteger(sealedFrom)
  ) {
    return { journal, after, sealedFrom };
  }
  throw new SubmeterError(
    "archive_page_malformed",
    "a page of the history is named by its journal and the place after which it begins",
    "send {journal, after, sealedFrom}",
  );
}
