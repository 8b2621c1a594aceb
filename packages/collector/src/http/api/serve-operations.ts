/** Registers declared operations with the server. */

import type { FastifyReply, FastifyRequest } from "fastify";
import type { HttpServer } from "../server.ts";
import { type WriteOnce, writeOnce } from "./idempotency.ts";
import { type Api, type Handler, type Operation, type Register, schemaOf } from "./operation.ts";

type AnyOperation = Operation<any, any, any>;
type AnyHandler = Handler<any, any, any, any>;

/** `documented` false keeps them out of the OpenAPI document. */
export function apiOf(
  server: HttpServer,
  { documented, writes }: { documented: boolean; writes: WriteOnce },
): Api {
  const registerAs = (method: "GET" | "POST" | "PUT" | "DELETE"): Register => {
    const register = (url: string, operation: AnyOperation, handler: AnyHandler): void => {
      const { status = 200, media } = operation;
      const write = { answerSchema: operation.answer, repeatable: operation.repeatable === true };
      server.route({
        method,
        url,
        schema: { ...schemaOf(method, url, operation), ...(!documented && { hide: true }) },
        config: { access: operation.access } as object,
        handler: async (request: FastifyRequest, reply: FastifyReply) => {
          void reply.code(typeof status === "number" ? status : status[0]);
          if (media !== undefined) void reply.type(`${media}; charset=utf-8`);
          if (method === "GET") return handler(request, reply);
          return writeOnce(writes, write, request, reply, async () => handler(request, reply));
        },
      });
    };
    return register as Register;
  };
  return {
    get: registerAs("GET"),
    post: registerAs("POST"),
    put: registerAs("PUT"),
    delete: registerAs("DELETE"),
  };
}
