import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SubmeterError } from "../errors/submeter-error.ts";
import { formatKey, parseKey } from "./key.ts";

const secret = new Uint8Array(createHash("sha256").update("an obviously fake key").digest());
const key = formatKey("acme-prod", "1", secret);

test("a key has this form, and its checksum is what its first part says", () => {
  const head = `smk_acme-prod.1_${Buffer.from(secret).toString("base64url")}`;
  const checksum = createHash("sha256").update(head).digest("base64url").slice(0, 6);
  expect(key).toBe(head + checksum);
});

test("every key is read as it was written", () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,63}$/);
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(label, label, bytes, (installation, number, given) => {
      expect(parseKey(formatKey(installation, number, given))).toEqual({
        installation,
        number,
        keyId: `${installation}.${number}`,
        secret: new Uint8Array(given),
      });
    }),
  );
});

test("a key with one character changed is refused", () => {
  fc.assert(
    fc.property(
      fc.nat(key.length - 1),
      fc.constantFrom(...Array.from("ABCxyz019-_. ")),
      (position, character) => {
        fc.pre(key[position] !== character);
        const changed = key.slice(0, position) + character + key.slice(position + 1);
        expect(() => parseKey(changed)).toThrow(SubmeterError);
      },
    ),
  );
});

describe("what is no key", () => {
  const secretText = Buffer.from(secret).toString("base64url");
  test.each([
    ["nothing", ""],
    ["a key with a line end", `${key}\n`],
    ["one in quotes", `"${key}"`],
    ["a shortened one", key.slice(0, -1)],
    ["an installation in capitals", key.replace("acme-prod", "Acme-Prod")],
    ["one without a number", key.replace(".1_", "_")],
    ["a secret spelled with another last bit", respelled()],
  ])("%s", (_, text) => {
    let thrown: unknown;
    try {
      parseKey(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "key_malformed" });
    const said = `${String(thrown)} ${JSON.stringify(thrown)}`;
    expect(said).not.toContain(secretText.slice(0, 8));
  });

  test("a name or a secret of another form", () => {
    expect(() => formatKey("Acme", "1", secret)).toThrow("1 to 63 characters");
    expect(() => formatKey("acme", "a_b", secret)).toThrow("1 to 63 characters");
    expect(() => formatKey("acme", "1", secret.subarray(1))).toThrow("32 bytes");
  });
});

/** The last of 43 characters carries two unused bits; with a right checksum over the wrong spelling. */
function respelled(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const head = key.slice(0, -6);
  const last = alphabet[alphabet.indexOf(head.at(-1) ?? "") + 1];
  const other = head.slice(0, -1) + last;
  return other + createHash("sha256").update(other).digest("base64url").slice(0, 6);
}
