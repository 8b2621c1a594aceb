/** What can be wrong with a report of a journal, or with its receipts. */

export type JournalFault = {
  readonly sequence: number | null;
  readonly code:
    | "digest_differs"
    | "report_unreadable"
    | "report_misplaced"
    | "chain_broken"
    | "report_missing"
    | "proof_missing"
    | "proof_invalid"
    | "receipt_missing"
    | "receipt_unreadable"
    | "receipt_of_other_report"
    | "receipt_signature_invalid";
  readonly detail: string;
};

export type Found = readonly [code: JournalFault["code"], detail: string];
