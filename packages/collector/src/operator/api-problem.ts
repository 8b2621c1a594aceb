/** A refusal by the collector, as it said it: RFC 9457 problem with code, detail, hint and faults. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

/** One fault of a document, at a JSON pointer. */
export type Fault = {
  readonly path: string;
  readonly code?: string;
  readonly detail: string;
  readonly hint?: string;
};

export class ApiProblem extends SubmeterError {
  readonly status: number;
  readonly faults: readonly Fault[];
  /** The whole problem document, for `--json`. */
  readonly document: unknown;

  constructor(status: number, document: ProblemDocument) {
    super(document.code, document.detail ?? document.title ?? document.code, document.hint ?? "");
    this.status = status;
    this.faults = document.faults ?? [];
    this.document = document;
  }
}

export type ProblemDocument = {
  readonly code: string;
  readonly title?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly faults?: readonly Fault[];
};

/** Whether a body is a problem of the collector and not, say, a proxy's page. */
export function isProblemDocument(body: unknown): body is ProblemDocument {
  return (
    typeof body === "object" &&
    body !== null &&
    typeof (body as { code?: unknown }).code === "string"
  );
}
