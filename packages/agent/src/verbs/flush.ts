/** The verbs `flush`, `retire`, `retry` and `trust`: each changes something, and then delivers. */

import { type FlushVerb, flush } from "../commands/flush.ts";
import { type Verb, agentAt, localOptions } from "./verb.ts";

export const flushVerb = deliveringVerb("flush", "Seal and deliver now");
export const retireVerb = deliveringVerb(
  "retire",
  "Seal the final report: this journal counts no more",
);
export const retryVerb = deliveringVerb("retry", "Offer rejected reports again");
export const trustVerb = deliveringVerb(
  "trust",
  "Accept that another collector answers, and pin it",
);

function deliveringVerb(verb: FlushVerb, describe: string): Verb {
  return (program, { environment, io, endWith }) =>
    program.command(verb, describe, localOptions, ({ listen, json }) =>
      endWith(flush(agentAt(environment, listen), verb, { json }, io)),
    );
}
