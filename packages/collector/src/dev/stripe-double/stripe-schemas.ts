/** Stripe's own schemas, reduced to the operations of the double, compiled when first needed. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";

export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
};

type SchemaDocument = {
  readonly version: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { request: Schema; response: Schema }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

export type Operation = { readonly method: "get" | "post" | "delete"; readonly path: string };

const documentName = "stripe";
const prefix = "#/components/schemas/";

export const stripeSchemas = JSON.parse(
  gunzipSync(
    readFileSync(new URL("./schemas/stripe-2026-10-28.endive.json.gz", import.meta.url)),
  ).toString("utf8"),
) as SchemaDocument;

// The schemas bring keywords of OpenAPI with them, which say nothing about validity.
const ajv = new Ajv({ strict: false, allErrors: false });
ajv.addSchema(stripeSchemas, documentName);
const compiled = new Map<string, ValidateFunction>();

export function requestSchema({ path, method }: Operation): Schema {
  return schemaOf({ path, method }, "request");
}

export function requestValidator(operation: Operation): ValidateFunction {
  return validator(operation, "request");
}

export function responseValidator(operation: Operation): ValidateFunction {
  return validator(operation, "response");
}

/** Follows a reference within the document. */
export function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const target = stripeSchemas.components.schemas[schema.$ref.slice(prefix.length)];
  if (target === undefined) throw new Error(`the schema ${schema.$ref} is not in the file`);
  return resolved(target);
}

function schemaOf({ path, method }: Operation, side: "request" | "response"): Schema {
  const schema = stripeSchemas.paths[path]?.[method]?.[side];
  if (schema === undefined) throw new Error(`the schema file has no ${method} ${path}`);
  return schema;
}

function validator(operation: Operation, side: "request" | "response"): ValidateFunction {
  schemaOf(operation, side);
  const name = operation.path.replaceAll("~", "~0").replaceAll("/", "~1");
  const pointer = `${documentName}#/paths/${encodeURIComponent(name)}/${operation.method}/${side}`;
  const known = compiled.get(pointer);
  if (known !== undefined) return known;
  const made = ajv.compile({ $ref: pointer });
  compiled.set(pointer, made);
  return made;
}
