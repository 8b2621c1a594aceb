/** Each model of the published cases, as a call of the functions that rating and billing use. */

import type { PriceModel, Tier } from "../contracts/price-model.ts";
import type { PlanDocument, PlanLine, UsageLine } from "../contracts/plan.ts";
import type { ContractDocument } from "../contracts/contract.ts";
import { resetGrant } from "../credits/grant-reset.ts";
import { drawDown, expired, giveBack, inSpendingOrder } from "../credits/lots.ts";
import { creditNoteFor } from "../invoicing/credit-note.ts";
import { amountDue, invoiceSums } from "../invoicing/invoice-sums.ts";
import type { TaxRounding } from "../invoicing/tax.ts";
import { taxOf, withTax } from "../invoicing/tax.ts";
import { allocateByLargestRemainder } from "../numbers/allocate.ts";
import { add, decimal, format, formatFixed, subtract, sum, zero } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  addFractions,
  divideFractions,
  fractionOf,
  multiplyFractions,
  roundHalfAwayFromZero,
  sumFractions,
} from "../numbers/fraction.ts";
import { rescale } from "../numbers/decimal.ts";
import { formatInstant, parseInstant } from "../time/instant.ts";
import { addMonths } from "../time/period.ts";
import { trueUpTo } from "./true-up.ts";
import { changeOfPlan, prorated } from "./change-of-plan.ts";
import { committedCost } from "./commitment.ts";
import { fractionText } from "./fraction-text.ts";
import { quotaThrough } from "./included-quota.ts";
import { boundedBy, cappedInOrder, discounted, shortOf } from "./line-bounds.ts";
import { costOf, costOfMore } from "./prices/cost-of.ts";
import { packagesFor } from "./prices/package.ts";
import { perUnit } from "./prices/per-unit.ts";
import type { Json } from "./published-cases.fixture.ts";
import { atLeast } from "./quantity-minimum.ts";
import { at, contractOf, statementOf } from "./rating.fixture.ts";
import { rolledOver } from "./rollover.ts";
import type { Statement } from "./statement.ts";

type Inputs = Readonly<Record<string, Json>>;
type Model = (inputs: Inputs) => Json;

const cents = 2;
const f = (value: Json | undefined) => fractionOf(text(value));
const d = (value: Json | undefined) => decimal(text(value));
const list = (value: Json | undefined) => (value ?? []) as readonly Json[];
const ratio = (numerator: Json | undefined, denominator: Json | undefined) =>
  divideFractions(f(numerator), f(denominator));
const money = (value: Fraction, scale = cents) =>
  formatFixed(roundHalfAwayFromZero(value, scale), scale);
const shown = (value: Decimal) => formatFixed(value, Math.max(cents, value.scale));
const amount = (value: Fraction) => ({ amount: money(value) });

export const models: Readonly<Record<string, Model>> = {
  per_unit: (of) =>
    of["rate_per_hour"] === undefined
      ? { amount: rated([usage({ unit_price: text(of["rate"]) })], { q: of["quantity"] }).total }
      : {
          amount: money(
            perUnit(f(of["seconds"]), d(of["rate_per_hour"]), fractionOf("3600")),
            Number(of["scale"]),
          ),
        },
  included_overage: (of) => {
    const statement = rated(
      [
        base(of["base_fee"]),
        usage({ included: text(of["included"]), unit_price: text(of["overage_rate"]) }),
      ],
      { q: of["quantity"] },
    );
    return { amount: statement.total, unrounded: format(sum(statement.lines.map(exactOf))) };
  },
  volume: (of) => ({
    amount: rated([usage({ price: tiered("volume", of) })], { q: of["quantity"] }).total,
  }),
  graduated: (of) => ({
    amount: rated([usage({ price: tiered("graduated", of) })], { q: of["quantity"] }).total,
  }),
  graduated_plus_base: (of) => withBase("graduated", of),
  volume_plus_base: (of) => withBase("volume", of),
  graduated_delta: (of) =>
    amount(costOfMore(tiered("graduated", of), f(of["before"]), f(of["add"]))),
  package: (of) => ({
    amount: rated([usage({ price: packageOf(of) })], { q: of["quantity"] }).total,
  }),
  package_delta: (of) => amount(costOfMore(packageOf(of), f(of["before"]), f(of["add"]))),
  block_tiers: (of) => {
    const tiers = list(of["tiers"]).map((tier) => ({
      block: member(tier, "block"),
      blocks_max: member(tier, "max_blocks"),
      amount: member(tier, "price"),
    }));
    return {
      amount: rated([usage({ price: { model: "blocks", tiers } })], { q: of["quantity"] }).total,
    };
  },
  percentage: (of) => {
    const price: PriceModel = {
      model: "percentage",
      percent: text(of["rate_pct"]),
      event: { meter: "events", amount: text(of["fixed"]) },
      ...optional("free", of["free_amount"]),
      ...optional("minimum", of["minimum"]),
      ...optional("maximum", of["maximum"]),
    };
    return { amount: rated([usage({ price })], { q: of["base"], events: of["events"] }).total };
  },
  graduated_percentage_delta: (of) => {
    const tiers = list(of["tiers"]).map((tier) => ({
      up_to: boundOf(tier),
      percent: member(tier, "rate_pct"),
      flat: member(tier, "flat"),
    }));
    return amount(
      costOfMore({ model: "graduated_percentage", tiers }, f(of["before"]), f(of["add"])),
    );
  },
  composite: (of) => {
    const components = list(of["components"]);
    const lines = components.map((component, index) => componentLine(component, index));
    const used = Object.fromEntries(
      components.map((component, index) => [`q${index}`, member(component, "quantity")]),
    );
    const statement = rated([base(of["base"]), ...lines], used);
    const parts = statement.lines.filter(({ kind }) => kind !== "base");
    return { components: parts.map((line) => line.amount), amount: statement.total };
  },
  round_up_unit: (of) => ({ units: format(packagesFor(f(of["quantity"]), f(of["unit"]))) }),
  time_weighted: (of) => {
    const held = list(of["segments"]).map((pair) =>
      multiplyFractions(f(list(pair)[0]), f(list(pair)[1])),
    );
    return { gb_month: money(divideFractions(sumFractions(held), f(of["period_days"]))) };
  },
  tokens: (of) => {
    const parts = list(of["parts"]).map((part) => {
      const quantity = multiplyFractions(f(of["requests"]), fractionOf(member(part, "tokens")));
      return roundHalfAwayFromZero(
        perUnit(quantity, decimal(member(part, "per_million")), fractionOf("1000000")),
        cents,
      );
    });
    return { parts: parts.map(shown), amount: shown(sum(parts)) };
  },
  list_vs_contract: (of) => ({
    list_cost: money(perUnit(f(of["quantity"]), d(of["list_rate"]))),
    contracted_cost: money(perUnit(f(of["quantity"]), d(of["contract_rate"]))),
  }),
  expr_sum: (of) => ({
    amount: money(sumFractions(list(of["terms"]).map(f)), Number(of["scale"])),
  }),
  round: (of) => ({ value: money(f(of["value"]), Number(of["scale"])) }),
  prorate: (of) => ({
    amount: shown(prorated(f(of["amount"]), ratio(of["num"], of["den"]), cents)),
  }),
  prorate_tax: (of) => {
    const part = prorated(f(of["amount"]), ratio(of["num"], of["den"]), cents);
    return { amount: shown(part), total: shown(withTax(part, f(of["rate"]), cents)) };
  },
  proration_change: (of) => {
    const fees = { old: f(of["old"]), new: f(of["new"]) };
    const change = changeOfPlan(fees, ratio(of["remaining"], of["total"]), cents);
    return { credit: shown(change.credit), charge: shown(change.charge), net: shown(change.net) };
  },
  cycles: (of) => {
    const parts = list(of["parts"]).map((pair) =>
      roundHalfAwayFromZero(ratio(list(pair)[0], list(pair)[1]), 9),
    );
    return { cycles: formatFixed(sum(parts), 9) };
  },
  month_anchor: (of) => {
    const anchor = parseInstant(`${text(of["anchor"])}T00:00:00Z`);
    const starts = Array.from({ length: Number(of["count"]) }, (_, months) =>
      formatInstant(addMonths(anchor, months)).slice(0, 10),
    );
    return { starts };
  },
  minimum: (of) => {
    const statement = rated(
      [base(of["billed"])],
      {},
      {
        minimum: { amount: text(of["minimum"]) },
        fallback: "floor",
      },
    );
    const trueUp = statement.lines.find(({ kind }) => kind === "true_up");
    return { true_up: trueUp?.amount ?? "0", total: statement.total };
  },
  commitment_prorated: (of) => {
    const part = prorated(f(of["commitment"]), ratio(of["num"], of["den"]), cents);
    return {
      prorated: shown(part),
      true_up: shown(trueUpTo(part, sum(list(of["billed"]).map((one) => d(one))))),
    };
  },
  maximum: (of) => {
    const kept = cappedInOrder(
      list(of["lines"]).map(f),
      f(of["maximum"]),
      f(of["previously_billed"]),
    );
    return {
      lines: kept.map((one) => money(one.amount)),
      discounts: kept.map((one) => money(one.cut)),
    };
  },
  discount_then_max: (of) => {
    const { amount: after, discount } = discounted(f(of["amount"]), text(of["discount_pct"]));
    const kept = cappedInOrder([after], f(of["maximum"]), f(of["previously_billed"]));
    return {
      discount_pct_amount: money(discount),
      discount_max: money(sumFractions(kept.map(({ cut }) => cut))),
      total: money(sumFractions(kept.map((one) => one.amount))),
    };
  },
  discount_min_max: (of) => {
    const { amount: after } = discounted(f(of["amount"]), text(of["discount_pct"]));
    const bounds = { minimum: f(of["minimum"]), maximum: f(of["maximum"]) };
    return { after_discount: money(after), total: money(boundedBy(after, bounds)) };
  },
  quantity_floor: (of) => ({
    billed_quantity: fractionText(atLeast(f(of["usage"]), f(of["floor"]))),
  }),
  usage_discount_split: (of) => ({
    billable: quotaThrough(list(of["quantities"]).map(f), f(of["discount"])).billable.map(
      fractionText,
    ),
  }),
  rollover_quota: (of) => {
    const maximum = text(of["max_rollover"]);
    const carried = rolledOver(shortOf(f(of["included"]), f(of["used"])), { maximum });
    return {
      carried: fractionText(carried),
      available_next: fractionText(addFractions(f(of["included"]), carried)),
    };
  },
  commit_overage: (of) => {
    const cost = committed(of, [of["usage_cost"]]);
    return {
      commit_part: money(sumFractions(cost.within)),
      overage: money(sumFractions(cost.overage)),
      true_up: money(cost.trueUp),
      total: money(cost.total),
    };
  },
  commit_windowed: (of) => {
    const totals = list(of["windows"]).map((cost) => committed(of, [cost]).total);
    return { per_window: totals.map((one) => money(one)), total: money(sumFractions(totals)) };
  },
  commit_windowed_mixed: (of) => {
    const windows = list(of["windows"]).map((one) => {
      const window = one as Inputs;
      return committed(window, [window["cost"]]);
    });
    return {
      utilized: money(sumFractions(windows.flatMap(({ within }) => within))),
      overage: money(sumFractions(windows.flatMap(({ overage }) => overage))),
      true_up: money(sumFractions(windows.map(({ trueUp }) => trueUp))),
      total: money(sumFractions(windows.map(({ total }) => total))),
    };
  },
  late_delta: (of) => {
    const charge = chargeOf(of);
    return { delta: shown(subtract(charge(of["cumulative"]), d(of["booked"]))) };
  },
  late_periods: (of) => {
    const charge = chargeOf({ ...of, model: "per_unit" });
    const [cumulative, booked] = [list(of["cumulative"]), list(of["booked"])];
    const lines = cumulative.map((quantity, index) => {
      const before = index === 0 ? zero : charge(cumulative[index - 1]);
      const own = subtract(charge(quantity), before);
      return subtract(own, booked[index] === undefined ? zero : d(booked[index]));
    });
    return { lines: lines.map(shown) };
  },
  allocate: (of) => {
    const scale = Number(of["scale"]);
    const whole = rescale(d(of["total"]), scale).coefficient;
    const weights = list(of["weights"]).map((weight) => BigInt(text(weight)));
    const parts = allocateByLargestRemainder(whole, weights);
    return { parts: parts.map((coefficient) => formatFixed({ coefficient, scale }, scale)) };
  },
  grants: (of) => {
    const lots = list(of["grants"]).map((grant) => {
      const { id, priority, expires } = grant as Inputs;
      return {
        id: text(id),
        left: fractionOf(member(grant, "amount")),
        priority: Number(priority ?? 0),
        expires: expires === null || expires === undefined ? null : text(expires),
      };
    });
    const drawn = drawDown(lots, f(of["usage"]));
    return {
      remaining: Object.fromEntries(drawn.lots.map(({ id, left }) => [id, fractionText(left)])),
      overage: fractionText(drawn.uncovered),
    };
  },
  grant_reset: (of) => {
    const { balanceAfter, overageBefore } = resetGrant(
      { amount: f(of["amount"]), used: f(of["usage"]) },
      { minimum: text(of["min_rollover"]), maximum: text(of["max_rollover"]) },
      of["preserve_overage"] === true,
    );
    return {
      balance_after: fractionText(balanceAfter),
      overage_before_reset: fractionText(overageBefore),
    };
  },
  credit_order: (of) => {
    const blocks = list(of["blocks"]) as readonly {
      id: string;
      expires: string | null;
      created: string;
    }[];
    return { order: inSpendingOrder(blocks).map(({ id }) => id) };
  },
  reverse_collection: (of) => {
    const taken = list(of["taken"]).map((pair) => ({
      id: text(list(pair)[0]),
      amount: f(list(pair)[1]),
    }));
    const returned = giveBack(taken, f(of["correct"]));
    return { returned: returned.map((one) => [one.id, fractionText(one.amount)]) };
  },
  expire: (of) => ({ expired: fractionText(expired(f(of["credit"]), f(of["used"]))) }),
  tax: (of) => ({
    tax: shown(
      taxOf(
        list(of["lines"]).map((one) => d(one)),
        f(of["rate"]),
        whereOf(of["where"]),
        cents,
      ),
    ),
  }),
  invoice_sum: (of) => {
    const lines = list(of["lines"]).map((one) => d(one));
    const subtotal = sum(lines);
    const tax = taxOf(lines, f(of["tax_rate"]), whereOf(of["tax_where"]), cents);
    const total = add(subtotal, tax);
    return {
      subtotal: shown(subtotal),
      tax: shown(tax),
      total_before_credit: shown(total),
      amount_due: shown(amountDue(total, d(of["credit_note"]))),
    };
  },
  invoice_order: (of) => {
    const sums = invoiceSums(
      list(of["lines"]).map((one) => d(one)),
      {
        discounts: list(of["sub_coupons"]).map((coupon) => {
          const { pct, amount: off } = coupon as Inputs;
          return pct === undefined ? { amount: text(off) } : { percent: text(pct) };
        }),
        credits: d(of["wallet"]),
        taxRates: list(of["tax_rates"]).map(f),
      },
      cents,
    );
    return Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, shown(value)]));
  },
  credit_note_prorated: (of) => {
    if (of["rounding"] !== "sub_then_tax") throw new RangeError(`rounding ${text(of["rounding"])}`);
    const part = ratio(of["num"], of["den"]);
    const note = creditNoteFor(f(of["amount"]), part, f(of["rate"]), cents);
    return { sub_total: shown(note.subTotal), tax: shown(note.tax), total: shown(note.total) };
  },
};

export function modelOf(name: string): Model {
  const model = models[name];
  if (model === undefined) throw new RangeError(`there is no model ${name}`);
  return model;
}

/** Through plan, contract and the whole engine: January, one customer, all hours counted. */
function rated(
  lines: readonly PlanLine[],
  used: Readonly<Record<string, Json | undefined>>,
  contract: Partial<ContractDocument> = {},
): Statement {
  const meters = new Set([
    ...lines.flatMap((line) => (line.kind === "usage" ? [line.meter] : [])),
    ...Object.keys(used),
  ]);
  const plan: PlanDocument = {
    version: 1,
    id: "requests",
    currency: "USD",
    meters: [...meters].map((name) => ({ name, unit: "unit", aggregation: "sum", scale: 12 })),
    lines: [...lines],
  };
  const usageRows = Object.entries(used).map(([meter, quantity]) => ({
    meter,
    quantity: text(quantity),
  }));
  return statementOf({
    plan,
    contract: contractOf({
      term: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" },
      ...contract,
    }),
    now: formatInstant(at("3 Feb")),
    installations: [],
    usage: usageRows,
  });
}

function usage(of: Partial<UsageLine>): UsageLine {
  return { id: "usage", kind: "usage", meter: "q", ...of };
}

function base(fee: Json | undefined): PlanLine {
  return { id: "base", kind: "base", amount: text(fee), timing: "arrears" };
}

function withBase(model: "graduated" | "volume", of: Inputs): Json {
  const block = of["block"];
  const convert =
    block === undefined
      ? {}
      : { convert: { unit: "block", divide_by: text(block), round: "up" as const } };
  const lines = [base(of["base"]), usage({ price: tiered(model, of), ...convert })];
  return { amount: rated(lines, { q: of["quantity"] }).total };
}

function componentLine(component: Json, index: number): UsageLine {
  const rate = member(component, "rate");
  const per = member(component, "per");
  const roundUp = (component as Inputs)["round_up"] === true;
  return usage({
    id: `line${index}`,
    meter: `q${index}`,
    included: member(component, "included"),
    ...(roundUp
      ? { price: { model: "package", size: per, amount: rate } }
      : { unit_price: rate, per }),
  });
}

function tiered<M extends "graduated" | "volume">(model: M, of: Inputs) {
  const tiers = list(of["tiers"]).map((one): Tier => {
    const tier = one as Inputs;
    return {
      up_to: boundOf(one),
      ...optional("unit_price", tier["unit"]),
      ...optional("flat", tier["flat"]),
    };
  });
  return {
    model,
    tiers,
    ...(of["zero_usage_flat"] === true ? { flat_at_zero: true as const } : {}),
  };
}

function packageOf(of: Inputs): PriceModel {
  return {
    model: "package",
    size: text(of["size"]),
    amount: text(of["price"]),
    ...optional("free", of["free"]),
  };
}

function chargeOf(of: Inputs): (quantity: Json | undefined) => Decimal {
  const maximum = of["maximum"] === undefined ? {} : { maximum: f(of["maximum"]) };
  const cost = (quantity: Json | undefined): Fraction => {
    switch (text(of["model"])) {
      case "volume":
      case "graduated":
        return costOf(tiered(of["model"] === "volume" ? "volume" : "graduated", of), f(quantity))
          .exact;
      case "package":
        return costOf(packageOf(of), f(quantity)).exact;
      default:
        return perUnit(f(quantity), d(of["rate"]));
    }
  };
  return (quantity) => roundHalfAwayFromZero(boundedBy(cost(quantity), maximum), cents);
}

function committed(of: Inputs, costs: readonly (Json | undefined)[]) {
  return committedCost(f(of["commit"]), f(of["factor"]), costs.map(f), of["true_up"] === true);
}

/** What a line came to before it was rounded, as its computation says. */
function exactOf({ computation, amount: billed }: Statement["lines"][number]): Decimal {
  return decimal(computation.find(({ step }) => step === "exact")?.value ?? billed);
}

function whereOf(where: Json | undefined): TaxRounding {
  if (where === "line" || where === "invoice") return where;
  throw new RangeError(`taxes are rounded by line or invoice, not ${text(where)}`);
}

function boundOf(tier: Json): string | null {
  const bound = (tier as Inputs)["up_to"];
  return bound === null || bound === undefined ? null : text(bound);
}

function member(of: Json, name: string): string {
  return text((of as Inputs)[name]);
}

function optional<Name extends string>(name: Name, value: Json | undefined) {
  return (value === undefined ? {} : { [name]: text(value) }) as { readonly [K in Name]?: string };
}

function text(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new RangeError(`${JSON.stringify(value)} is no number in text`);
}
