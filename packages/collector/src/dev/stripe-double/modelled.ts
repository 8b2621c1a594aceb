/** Parameters that Stripe knows and the double does not model are refused, never ignored. */

import { invalid } from "./refusal.ts";

export function onlyModelled(params: object, names: readonly string[]): void {
  for (const name of Object.keys(params)) {
    if (!names.includes(name)) {
      throw invalid("double_unmodelled", `The Stripe double does not model ${name}`, name);
    }
  }
}
