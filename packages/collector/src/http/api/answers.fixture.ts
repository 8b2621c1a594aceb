/** In tests each answer is held against what the operation declares: a member too many or too few fails the request. */

import { Ajv, type ValidateFunction } from "ajv";
import { HttpProblem } from "../http-problem.ts";
import type { SerializerFor } from "./answers.ts";

const ajv = new Ajv({ strict: false, allErrors: true, formats: { "date-time": true, date: true } });

export const answersHeldToSchema: SerializerFor = ({ schema, method, url }) => {
  let validate: ValidateFunction | undefined;
  return (answer) => {
    validate ??= ajv.compile(schema as object);
    const text = JSON.stringify(answer);
    if (validate(JSON.parse(text))) return text;
    const faults = validate.errors?.map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
    throw new HttpProblem(
      500,
      "answer_undeclared",
      `${method} ${url} answered what its schema does not say: ${faults?.join("; ")}`,
      "declare the members in the operation's answer",
    );
  };
};
