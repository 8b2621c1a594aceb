/** A customer's token passes on no more than it may do itself: neither more permissions, nor another member's eyes. */

import { expect, test } from "vitest";
import { startTestCollector } from "../../collector.fixture.ts";

test("who manages members and sees his own usage alone gives nobody the usage of another member", async () => {
  const { api, url } = await startTestCollector();
  await api("POST", "/customers", { id: "acme", name: "acme" });
  const permissions = ["members:manage", "usage:read:own"];
  await api("PUT", "/roles/clerk", { customer: "acme", permissions });
  const clerk = await api("POST", "/customers/acme/tokens", {
    name: "clerk",
    role: "clerk",
    member: "one",
  });
  const issue = async (body: object) => {
    const answer = await fetch(`${url}/api/v1/customers/acme/tokens`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${clerk.body.token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ name: "more", ...body }),
    });
    const { code = null } = (await answer.json()) as { code?: string };
    return [answer.status, code];
  };
  expect(await issue({ role: "member", member: "one" })).toEqual([201, null]);
  expect(await issue({ role: "member", member: "two" })).toEqual([409, "role_beyond_own"]);
  expect(await issue({ role: "viewer" })).toEqual([409, "role_beyond_own"]);
});
