/**
 * How an operation of `/api/v1` is declared: one declaration is its check, its types, its documentation and its access.
 *
 *     api.get("/customers/:id", { summary, tag, access, params, answer }, async (request) => …)
 *
 * What is not declared here cannot be registered, so no route is without summary, answer or access.
 */

import type { FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static, type TSchema } from "typebox";
import type { Access } from "./access.ts";
import { problemAnswers } from "./problem-shape.ts";

export type Tag =
  | "access"
  | "account"
  | "audit"
  | "contracts"
  | "customers"
  | "fleet"
  | "installations"
  | "invoices"
  | "plans"
  | "reports"
  | "usage"
  | "webhooks"
  | "development";

type Maybe = TSchema | undefined;
type Of<Schema extends Maybe> = Schema extends TSchema ? Static<Schema> : unknown;

/** What a handler may answer with: rows that nobody may change are as good. */
export type Answered<T> = T extends readonly (infer Item)[]
  ? readonly Answered<Item>[]
  : T extends object
    ? { readonly [Member in keyof T]: Answered<T[Member]> }
    : T;

export type Operation<
  Params extends Maybe = undefined,
  Query extends Maybe = undefined,
  Body extends Maybe = undefined,
  Answer extends TSchema = TSchema,
> = {
  /** What it does, for a list of operations: one line without a full stop. */
  readonly summary: string;
  /** What a caller has to know beyond that, in Markdown. */
  readonly description?: string;
  readonly tag: Tag;
  readonly access: Access;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  /** 200 when absent. With two the handler sets the second by `reply.code`. */
  readonly status?: 200 | 201 | readonly [200, 201];
  /** `application/json` when absent. */
  readonly media?: "text/plain";
  /**
   * For a write that takes transactions of its own, or speaks to others: doing it again is harmless by nature. Every
   * other write commits in one transaction with the note of its `Idempotency-Key`.
   */
  readonly repeatable?: true;
};

export type ApiRequest<
  Params extends Maybe,
  Query extends Maybe,
  Body extends Maybe,
> = FastifyRequest<{ Params: Of<Params>; Querystring: Of<Query>; Body: Of<Body> }>;

export type Handler<
  Params extends Maybe,
  Query extends Maybe,
  Body extends Maybe,
  Answer extends TSchema,
> = (
  request: ApiRequest<Params, Query, Body>,
  reply: FastifyReply,
) => Promise<Answered<Static<Answer>>>;

export type Register = <
  Answer extends TSchema,
  Params extends Maybe = undefined,
  Query extends Maybe = undefined,
  Body extends Maybe = undefined,
>(
  path: string,
  operation: Operation<Params, Query, Body, Answer>,
  handler: Handler<Params, Query, Body, Answer>,
) => void;

/** What a family of routes is given to register with. */
export type Api = {
  readonly get: Register;
  readonly post: Register;
  readonly put: Register;
  readonly delete: Register;
};

/** Registers a family of operations under `/api/v1`. */
export type ApiRoutes = (api: Api) => void;

/** The route's schema for the framework, with what the document says beyond it. */
export function schemaOf(
  method: string,
  url: string,
  operation: Operation<Maybe, Maybe, Maybe>,
): object {
  const { summary, description, tag, params, query, body, access } = operation;
  const { operator, customer } = access;
  const who = [
    `Operators: ${operator === "owner" ? "owner" : `${operator} and above`}.`,
    ...(customer.length > 0 ? [`Customers: ${customer.join(" or ")}, about themselves.`] : []),
  ].join(" ");
  return {
    operationId: operationId(method, url),
    summary,
    description: description === undefined ? who : `${description}\n\n${who}`,
    tags: [tag],
    ...(params && { params }),
    ...(query && { querystring: query }),
    ...(body && { body }),
    ...(method !== "GET" && { headers: writeHeaders }),
    response: { ...answersOf(operation), ...problemAnswers },
    security: [{ operator: [] }, ...(customer.length > 0 ? [{ customer: [] }] : [])],
    "x-operator-role": operator,
    ...(customer.length > 0 && { "x-customer-permissions": customer }),
  };
}

/** `postInstallationsByIdKeys` of `POST /installations/:id/keys`: what a generated client calls it. */
function operationId(method: string, url: string): string {
  const words = url.split(/[/-]/).filter((part) => part !== "");
  return words.reduce((name, word) => {
    const [by, rest] = word.startsWith(":") ? ["By", word.slice(1)] : ["", word];
    return `${name}${by}${rest.charAt(0).toUpperCase()}${rest.slice(1)}`;
  }, method.toLowerCase());
}

const writeHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: "^[\\x21-\\x7e]+$",
      description:
        "Names this write and no other: sent again with the same key it has no second effect and is answered as before.",
    }),
  ),
});

function answersOf({ status = 200, media, answer }: Operation<Maybe, Maybe, Maybe>): object {
  const content = { [media ?? "application/json"]: { schema: answer } };
  const statuses = typeof status === "number" ? [status] : status;
  return Object.fromEntries(
    statuses.map((code) => [code, { description: descriptions[code], content }]),
  );
}

const descriptions = { 200: "Done", 201: "Created" } as const;
