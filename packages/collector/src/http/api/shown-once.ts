/** Secrets in answers: shown once, marked in the answer's schema, and in nothing that is stored. */

type Node = {
  "x-shown-once"?: boolean;
  properties?: Record<string, Node>;
  items?: Node;
};

/** The answer without them, and whether there were any. */
export function withoutSecrets(
  schema: unknown,
  answer: unknown,
): { answer: unknown; shownOnce: boolean } {
  const node = (schema ?? {}) as Node;
  if (node["x-shown-once"] === true) return { answer: null, shownOnce: true };
  if (Array.isArray(answer)) {
    const parts = answer.map((item) => withoutSecrets(node.items, item));
    return gathered(
      parts,
      parts.map((part) => part.answer),
    );
  }
  if (typeof answer !== "object" || answer === null) return { answer, shownOnce: false };
  const parts = Object.entries(answer).map(([name, value]) => ({
    name,
    ...withoutSecrets(node.properties?.[name], value),
  }));
  return gathered(parts, Object.fromEntries(parts.map(({ name, answer: rest }) => [name, rest])));
}

function gathered(parts: readonly { shownOnce: boolean }[], answer: unknown) {
  return { answer, shownOnce: parts.some(({ shownOnce }) => shownOnce) };
}
