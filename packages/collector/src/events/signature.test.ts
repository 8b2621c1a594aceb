/**
 * Signatures, held against vectors of the specification's own libraries (github.com/standard-webhooks/standard-webhooks,
 * MIT) and against a verifier that is not ours.
 */

import { describe, expect, test } from "vitest";
import { Webhook } from "standardwebhooks";
import { secretBytes, secretText, webhookHeaders } from "./signature.ts";

/** Published: this secret, message and signature stand in the tests of each of those libraries. */
const published = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  at: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

describe("a webhook's signature", () => {
  test("is the published one for the published message", () => {
    const { secret, id, at, body, signature } = published;
    expect(webhookHeaders([secretBytes(secret)], { id, at, body })).toEqual({
      "webhook-id": id,
      "webhook-timestamp": String(at),
      "webhook-signature": signature,
    });
    expect(secretText(secretBytes(secret))).toBe(secret);
    expect(secretBytes(secret.slice("whsec_".length))).toEqual(secretBytes(secret));
  });

  test("is accepted with either secret while one is replaced by another, and with no third", () => {
    const [older, newer, other] = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
    if (!older || !newer || !other) throw new Error("three secrets");
    const body = '{"type":"webhook.test"}';
    const at = Math.floor(Date.now() / 1000);
    const headers = webhookHeaders([newer, older], { id: "evt_1", at, body });
    for (const secret of [older, newer]) {
      expect(new Webhook(secretText(secret)).verify(body, headers)).toEqual({
        type: "webhook.test",
      });
    }
    expect(() => new Webhook(secretText(other)).verify(body, headers)).toThrow();
    expect(() => new Webhook(secretText(older)).verify(`${body} `, headers)).toThrow();
  });
});
