/** What is asked for is well formed and contradicts what is on record. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

/** Over HTTP: 409. */
export class ClashError extends SubmeterError {}
