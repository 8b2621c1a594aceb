/** A contract document out of flags, over an agreed or written one; the collector judges the whole. */

import { CommandLineError } from "../../command-line-error.ts";
import { cycleFlag } from "../../input/cycle-flag.ts";
import { hoursFlag } from "../../input/hours-flag.ts";
import { instantFlag, type Now } from "../../input/instant-flag.ts";
import { planReference } from "../../input/plan-reference.ts";

/** JSON of a person: unchecked on purpose, so that every fault is told by the one who judges, with its path. */
export type LooseDocument = { readonly [member: string]: unknown };

export type ContractFlags = {
  readonly customer?: string | undefined;
  readonly plan?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly cycle?: string | undefined;
  readonly minimum?: string | undefined;
  readonly minimumQuantity?: string | undefined;
  readonly shortfallPrice?: string | undefined;
  readonly noMinimum?: boolean | undefined;
  readonly fallback?: string | undefined;
  readonly reportDue?: string | undefined;
  readonly uncountedAllowance?: string | undefined;
  readonly grace?: string | undefined;
};

/** What is not given is left as `base` has it. Throws `CommandLineError` for what cannot be read. */
export async function overlayFlags(
  base: LooseDocument,
  flags: ContractFlags,
  now: Now,
): Promise<LooseDocument> {
  const term = base["term"] as LooseDocument | undefined;
  const from = flags.from === undefined ? undefined : await instantFlag("from", flags.from, now);
  const to = flags.to === undefined ? undefined : await instantFlag("to", flags.to, now);
  const { minimum: agreed, ...rest } = base;
  const minimum = minimumOf(flags, agreed);
  return withoutUndefined({
    ...rest,
    customer: flags.customer ?? base["customer"],
    plan: flags.plan === undefined ? base["plan"] : pinnedPlan(flags.plan),
    term:
      from === undefined && to === undefined
        ? term
        : { from: from ?? term?.["from"], to: to ?? term?.["to"] ?? null },
    cycle: flags.cycle === undefined ? base["cycle"] : await cycleFlag(flags.cycle, now),
    minimum,
    fallback: flags.fallback ?? (flags.noMinimum === true ? undefined : base["fallback"]),
    report_due_hours: hours("report-due", flags.reportDue, base["report_due_hours"]),
    uncounted_allowance_hours: hours(
      "uncounted-allowance",
      flags.uncountedAllowance,
      base["uncounted_allowance_hours"],
    ),
    grace_hours: hours("grace", flags.grace, base["grace_hours"]),
  });
}

function pinnedPlan(text: string): { id: string; version: number } {
  const { id, version } = planReference(text);
  if (version === null) {
    throw new CommandLineError(
      "plan_version_missing",
      `--plan ${id} names no version`,
      `write --plan ${id}@VERSION: a contract's prices are those of one version; \`submeter plans list\` shows them`,
    );
  }
  return { id, version };
}

function minimumOf(flags: ContractFlags, agreed: unknown): unknown {
  if (flags.noMinimum === true) return undefined;
  if (flags.minimum !== undefined && flags.minimumQuantity !== undefined) {
    throw new CommandLineError(
      "minimum_twice",
      "--minimum and --minimum-quantity are both given",
      "a contract has one minimum: an amount over all lines, or a quantity of one meter",
    );
  }
  if (flags.minimum !== undefined) return { amount: flags.minimum };
  if (flags.minimumQuantity === undefined) return agreed;
  const [meter, quantity, more] = flags.minimumQuantity.split("=");
  if (meter === undefined || quantity === undefined || more !== undefined) {
    throw new CommandLineError(
      "minimum_quantity_malformed",
      `--minimum-quantity ${JSON.stringify(flags.minimumQuantity)} cannot be read`,
      "write METER=QUANTITY, such as requests=100000, and the price of what is short as --shortfall-price 0.01",
    );
  }
  return withoutUndefined({ meter, quantity, shortfall_price: flags.shortfallPrice });
}

function hours(name: string, text: string | undefined, agreed: unknown): unknown {
  return text === undefined ? agreed : hoursFlag(name, text);
}

function withoutUndefined(document: LooseDocument): LooseDocument {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}
