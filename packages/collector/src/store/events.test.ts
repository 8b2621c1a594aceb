/** What may be told, and docs/events.md, which is all that a receiver has to go by. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { eventTypes } from "./events.ts";

const page = readFileSync(new URL("../../../../docs/events.md", import.meta.url), "utf8");

test("each event is explained under a heading of docs/events.md, and no other is", () => {
  const headings = [...page.matchAll(/^### (.+)$/gm)].flatMap(([, names]) =>
    (names ?? "").split(", "),
  );
  expect(headings.toSorted()).toEqual([...eventTypes].toSorted());
});

test("each example of it is the JSON that is delivered: type, timestamp, data", () => {
  const examples = [...page.matchAll(/^```json\n(.+?)^```$/gms)].map(
    ([, text]) => JSON.parse(text ?? "") as { type: string },
  );
  expect(examples.length).toBeGreaterThanOrEqual(7);
  for (const example of examples) {
    expect(Object.keys(example)).toEqual(["type", "timestamp", "data"]);
    expect(eventTypes).toContain(example.type);
  }
});
