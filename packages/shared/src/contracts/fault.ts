/** What is wrong with a document that a person wrote: where, what, and what to write instead. */

export type Fault = {
  /** JSON Pointer (RFC 6901) into the document, "" for the whole of it. */
  readonly path: string;
  /** A stable word in snake_case, listed in `docs/errors.md`. */
  readonly code: string;
  readonly detail: string;
  /** The next step, as an imperative sentence. */
  readonly hint: string;
};

export function twice(code: string, path: string, what: string): Fault {
  return { path, code, detail: `${what} stands here a second time`, hint: "keep one of them" };
}
