/** An error for the person who reads it: what happened, why, and what to do next. */

/** Every code that a program of Submeter can print or answer. `docs/errors.md` is held against it by a test. */
export class SubmeterError extends Error {
  override readonly name = "SubmeterError";
  /** A stable word in snake_case, listed in `docs/errors.md`. */
  readonly code: string;
  /** The next step, as an imperative sentence. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
