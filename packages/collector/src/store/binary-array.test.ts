import { describe, expect, onTestFinished, test } from "vitest";
import { byteaArray, textArray } from "./binary-array.ts";
import { freshDatabase } from "./database.fixture.ts";

describe("an array in binary", () => {
  test("arrives as it was sent: nothing, nothing in it, quotes, line feeds, bytes that are no text", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    const texts = ["", 'a "b" \\ {c}, NULL', "d\ne", "é 漢 🙂", "x".repeat(100_000)];
    const bytes = [[], [0, 255, 10, 92], Array.from({ length: 5000 }, (_, n) => n % 256)].map(
      (list) => Buffer.from(list),
    );
    for (const [sent, kept] of [
      [texts, bytes],
      [[], []],
    ] as const) {
      const rows = await database.query("select $1::text[] as texts, $2::bytea[] as bytes", [
        textArray(sent),
        byteaArray(kept),
      ]);
      expect(rows).toEqual([{ texts: sent, bytes: kept }]);
    }
  });
});
