/** The OpenAPI 3.1 document, made from the declared operations, and the page at `/api/docs` that shows it. */

import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { HttpServer } from "../server.ts";
import { hardenAnswers } from "../hardening.ts";
import type { Tag } from "./operation.ts";
import { problemShape } from "./problem-shape.ts";

const description = `Customers, installations, usage, contracts and invoices of a Submeter collector.

Every list comes in pages: \`{items, next}\`; give \`next\` as \`cursor\` to go on. Every refusal is a problem document (RFC 9457)
with a stable \`code\` and a \`hint\`. Every write takes an \`Idempotency-Key\`. Instants are RFC 3339 in UTC, quantities and
amounts decimal strings. What agents speak (\`/ingest\`, \`/state\`) stands in docs/wire.md.`;

/** In the order in which the page shows them. */
const tagDescriptions: Readonly<Record<Exclude<Tag, "development">, string>> = {
  account: "How a customer stands: status, cycles, what it may still use",
  usage: "What was counted, and what people said was counted too much or too little",
  invoices: "What was billed, and what late facts change about it",
  fleet: "Who reports, who is late, what waits this morning",
  installations: "Where usage is counted: their keys and journals",
  reports: "What agents sent, what is held, what is attested",
  customers: "Who is billed",
  contracts: "What was agreed with a customer, and what can be billed",
  plans: "What things cost",
  access: "Who may ask: tokens and roles",
  webhooks: "Who is told of events, and whether it arrives",
  audit: "Who did what, and proof that the record of it is whole",
};

/** Before the routes are registered: it takes note of each. */
export async function describeApi(server: HttpServer): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Submeter collector", version: "1", description },
      tags: Object.entries(tagDescriptions).map(([name, said]) => ({ name, description: said })),
      components: {
        securitySchemes: {
          operator: { type: "http", scheme: "bearer", description: "An operator's token, `sop_…`" },
          customer: { type: "http", scheme: "bearer", description: "A customer's token, `sct_…`" },
        },
      },
    },
    hideUntagged: true,
    refResolver: { buildLocalReference: (json) => json.$id as string },
  });
  server.addSchema(problemShape);
}

/** Without a token: the document tells how to ask, and nothing of what is stored. */
export async function serveDocument(server: HttpServer): Promise<void> {
  await server.register(async (scope) => {
    await hardenAnswers(scope as unknown as HttpServer);
    await scope.register(swaggerUi, {
      routePrefix: "/api/docs",
      uiConfig: { docExpansion: "none", deepLinking: true, validatorUrl: null, filter: true },
      // Without the bar of the page's maker, in which any address could be typed to be shown as if it were ours.
      theme: {
        title: "Submeter collector: the API",
        css: [{ filename: "submeter.css", content: ".swagger-ui .topbar { display: none }" }],
      },
      staticCSP: true,
      // Its own parts alone, and also where there is no TLS on the loopback.
      transformStaticCSP: (policy) =>
        policy.replaceAll(/ https:| validator\.swagger\.io|upgrade-insecure-requests;/g, ""),
    });
  });
  server.get("/api/v1/openapi.json", { schema: { hide: true } }, async (_request, reply) =>
    reply.type("application/json").send(JSON.stringify(server.swagger())),
  );
}
