/** Gives form-encoded texts the types of Stripe's request schemas, and refuses what those schemas refuse. */

import type { ErrorObject } from "ajv";
import type { FormBranch, FormTree } from "./form.ts";
import { StripeRefusal, invalid } from "./refusal.ts";
import { requestSchema, requestValidator, resolved } from "./stripe-schemas.ts";
import type { Operation, Schema } from "./stripe-schemas.ts";

/** The parameters of a request, typed and valid by Stripe's schema; throws {@link StripeRefusal}. */
export function typedRequest(operation: Operation, form: FormBranch): Record<string, unknown> {
  const request = typed(requestSchema(operation), form) as Record<string, unknown>;
  const validate = requestValidator(operation);
  if (!validate(request)) throw refusalOf(validate.errors ?? []);
  return request;
}

/** Text stays text wherever no other type fits: the validator then says what is wrong. */
function typed(schema: Schema, tree: FormTree): unknown {
  const variants = variantsOf(schema);
  if (typeof tree === "string") return typedText(variants, tree);
  const list = variants.find((variant) => variant.type === "array");
  if (list !== undefined) {
    return [...tree.values()].map((value) => typed(list.items ?? {}, value));
  }
  const object = variants.find((variant) => variant.type === "object") ?? {};
  const members = [...tree].map(([name, value]) => [name, typed(member(object, name), value)]);
  return Object.fromEntries(members) as unknown;
}

function variantsOf(schema: Schema): readonly Schema[] {
  const own = resolved(schema);
  return own.anyOf === undefined ? [own] : own.anyOf.flatMap(variantsOf);
}

function member(object: Schema, name: string): Schema {
  const { additionalProperties } = object;
  const further = typeof additionalProperties === "object" ? additionalProperties : {};
  return object.properties?.[name] ?? further;
}

function typedText(variants: readonly Schema[], text: string): unknown {
  const takes = (type: string) => variants.some((variant) => variant.type === type);
  if (takes("number") && /^-?(0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(Number(text))) {
    return Number(text);
  }
  if (takes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

function refusalOf(errors: readonly ErrorObject[]): StripeRefusal {
  // Of the alternatives that failed, the one that got furthest is the one that was meant.
  const [error] = errors.toSorted(
    (a, b) => b.instancePath.split("/").length - a.instancePath.split("/").length,
  );
  if (error === undefined) return invalid("parameter_invalid", "Invalid request");
  const param = paramName(error.instancePath);
  switch (error.keyword) {
    case "additionalProperties": {
      const name = paramName(`${error.instancePath}/${error.params["additionalProperty"]}`);
      return invalid("parameter_unknown", `Received unknown parameter: ${name}`, name);
    }
    case "required": {
      const name = paramName(`${error.instancePath}/${error.params["missingProperty"]}`);
      return invalid("parameter_missing", `Missing required param: ${name}.`, name);
    }
    case "type":
      return error.params["type"] === "number"
        ? invalid("parameter_invalid_integer", `Invalid integer: ${param}`, param)
        : invalid("parameter_invalid", `Invalid ${error.params["type"]}: ${param}`, param);
    default:
      return invalid("parameter_invalid", `Invalid ${param}: ${error.message ?? ""}`, param);
  }
}

/** `/lines/0/amount` is `lines[0][amount]` in Stripe's words. */
function paramName(pointer: string): string {
  const [head = "", ...rest] = pointer.split("/").slice(1);
  return head + rest.map((segment) => `[${segment}]`).join("");
}
