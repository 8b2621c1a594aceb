/** Form-encoded parameters as Stripe reads them: `lines[0][period][start]=1` becomes a tree of texts. */

import { StripeRefusal } from "./refusal.ts";

/** Everything on this wire is text; `request-schema.ts` gives it types. Lists still have index members. */
export type FormTree = string | FormBranch;
export type FormBranch = Map<string, FormTree>;

const depthMax = 12;

/** Reads a body or a query string; refuses what Stripe's parser refuses. */
export function parseForm(encoded: string): FormBranch {
  const root: FormBranch = new Map();
  for (const [name, value] of new URLSearchParams(encoded)) place(root, segments(name), value);
  return root;
}

/** `a[b][]` has the segments a, b and the empty one, which appends. */
function segments(name: string): readonly string[] {
  const head = /^[^[\]]+/.exec(name)?.[0];
  const rest = name.slice(head?.length ?? 0);
  if (head === undefined || !/^(\[[^[\]]*\])*$/.test(rest)) throw malformed(name);
  const result = [head, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? "")];
  if (result.length > depthMax) throw malformed(name);
  return result;
}

function place(root: FormBranch, path: readonly string[], value: string): void {
  let branch = root;
  for (const [index, segment] of path.entries()) {
    const key = segment === "" ? String(branch.size) : segment;
    const present = branch.get(key);
    if (index === path.length - 1) {
      if (present !== undefined) throw malformed(path.join("."));
      branch.set(key, value);
      return;
    }
    if (typeof present === "string") throw malformed(path.join("."));
    const next: FormBranch = present ?? new Map<string, FormTree>();
    branch.set(key, next);
    branch = next;
  }
}

function malformed(name: string): StripeRefusal {
  return new StripeRefusal(400, {
    type: "invalid_request_error",
    message: `Invalid request: the parameter ${name} cannot be read`,
    param: name,
  });
}
