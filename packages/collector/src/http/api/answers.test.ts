import fastify from "fastify";
import Type from "typebox";
import { describe, expect, test } from "vitest";
import { pino } from "pino";
import { movableClock } from "../../dev/movable-clock.ts";
import { openDatabase } from "../../store/database.ts";
import { answerError } from "../http-problem.ts";
import type { HttpServer } from "../server.ts";
import { shape, textShape } from "../shapes/shape.ts";
import { operators } from "./access.ts";
import { answersHeldToSchema } from "./answers.fixture.ts";
import { answersWhole, type SerializerFor } from "./answers.ts";
import { apiOf } from "./serve-operations.ts";

// Reading needs neither.
const database = openDatabase("postgresql://nobody@127.0.0.1:1/nowhere");
const clock = movableClock(0);

/** An operation that says it answers `{said}`, and answers what it is given. */
async function answerOf(serializerFor: SerializerFor, answered: { said: string }) {
  const server = fastify() as unknown as HttpServer;
  server.addSchema({ $id: "Problem" });
  server.setSerializerCompiler(serializerFor);
  server.setErrorHandler(answerError(pino({ level: "silent" })));
  const writes = { database, clock, callerOf: () => "operator:test" };
  apiOf(server, { documented: true, writes }).get(
    "/told",
    {
      summary: "Tell",
      tag: "development",
      access: operators("owner"),
      answer: shape({ said: textShape, also: Type.Optional(textShape) }),
    },
    async () => answered,
  );
  const answer = await server.inject("/told");
  return { status: answer.statusCode, body: answer.json() as unknown };
}

const surplus = { said: "a", more: "b" };

describe("an answer with a member that its schema forgot", () => {
  test("goes out whole: nothing is dropped in silence", async () => {
    expect(await answerOf(answersWhole, surplus)).toEqual({ status: 200, body: surplus });
  });

  test("fails every test that asks for it", async () => {
    expect(await answerOf(answersHeldToSchema, surplus)).toMatchObject({
      status: 500,
      body: { code: "answer_undeclared", detail: expect.stringContaining("more") as string },
    });
  });

  test("and one that fits passes", async () => {
    expect(await answerOf(answersHeldToSchema, { said: "a" })).toMatchObject({ status: 200 });
  });
});
