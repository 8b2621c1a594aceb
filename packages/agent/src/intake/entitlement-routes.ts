/** `GET /v1/entitlements` and `/v1/entitlements/{meter}`: may this be used? Answered here, also when nobody else can be asked. */

import { problem } from "@submeter/shared/errors/problem";
import { tryDecimal } from "@submeter/shared/numbers/decimal";
import type { LocalEntitlements } from "../entitlements/answers.ts";
import { type Answer, refused } from "./answer.ts";
import { type RouteRequest, type Routes, jsonOnly, jsonRoute } from "./route.ts";

export const entitlementsPath = "/v1/entitlements";

export function entitlementRoutes(entitlements: LocalEntitlements): Routes {
  return {
    [entitlementsPath]: jsonRoute("GET", () => entitlements.all()),
    [`${entitlementsPath}/*`]: {
      method: "GET",
      mediaTypes: jsonOnly,
      gzip: false,
      run: (request) => answerOf(entitlements, request),
    },
  };
}

async function answerOf(
  entitlements: LocalEntitlements,
  { target }: RouteRequest,
): Promise<Answer> {
  const [path = "", query = ""] = target.split("?", 2);
  const meter = path.slice(entitlementsPath.length + 1);
  if (!entitlements.isDeclared(meter)) {
    const hint = "ask for a meter of the meter file; GET /v1/entitlements answers all of them";
    return refused(problem(404, "meter_unknown", "the meter file declares no such meter", hint));
  }
  const pace = new URLSearchParams(query).get("per_second");
  const perSecond = pace === null ? null : tryDecimal(pace);
  if (pace !== null && perSecond === null) {
    const hint = 'write it as decimal text, such as "0.0552"';
    return refused(problem(400, "pace_malformed", "per_second is no decimal number", hint));
  }
  return { status: 200, json: await entitlements.of(meter, perSecond) };
}
