/** One request as the operations of the double see it: validated, and with the time it arrived. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Books } from "./books.ts";

export type Call = {
  readonly books: Books;
  readonly now: Instant;
  /** The object of the path; empty for collections. */
  readonly id: string;
  /** The second object of the path, such as an invoice's line. */
  readonly partId: string;
  /** Valid by Stripe's request schema of the operation. */
  readonly params: Readonly<Record<string, unknown>>;
};
