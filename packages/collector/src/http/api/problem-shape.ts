/** Problems (RFC 9457) as the document describes them. */

import Type from "typebox";
import { problemMediaType } from "@submeter/shared/errors/problem";

export const problemShape = Type.Object(
  {
    type: Type.String({ description: "`urn:submeter:problem:<code>`: a name, not an address" }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: "Stable; explained in docs/errors.md" }),
    detail: Type.String(),
    hint: Type.String({ description: "The next step for the person who reads it" }),
  },
  { $id: "Problem", additionalProperties: true },
);

const content = { [problemMediaType]: { schema: { $ref: "Problem#" } } };

export const problemAnswers = {
  "4xx": { description: "Refused: `code` says why, `hint` what to do", content },
  "5xx": { description: "Failed at the collector's side; nothing was recorded", content },
};
