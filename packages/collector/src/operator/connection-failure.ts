/** Why the collector could not be reached, and what to do about each reason. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

type Reason = { readonly code: string; readonly detail: string; readonly hint: string };

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

/** `cause` as undici or node throws it; `method` decides whether repeating is harmless. */
export function connectionFailure(cause: unknown, base: URL, method: string): SubmeterError {
  const { code, detail, hint } = reasonOf(systemCode(cause), base, method);
  return new SubmeterError(code, detail, hint, { cause });
}

function reasonOf(code: string, base: URL, method: string): Reason {
  if (code === "ECONNREFUSED") {
    return {
      code: "collector_not_running",
      detail: `nothing listens at ${base.origin}`,
      hint: "start the collector (`submeter-collector run`; `submeter-collector run --dev` to try it), or point SUBMETER_URL or --url to where it runs",
    };
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return {
      code: "collector_name_unknown",
      detail: `the name ${base.hostname} cannot be resolved`,
      hint: "check SUBMETER_URL for a typing error, and this machine's DNS",
    };
  }
  if (untrusted.has(code)) {
    return {
      code: "certificate_untrusted",
      detail: `the certificate of ${base.origin} is signed by nobody this machine trusts (${code})`,
      hint: "set SUBMETER_CA_FILE to the PEM file of your private certificate authority",
    };
  }
  if (code.startsWith("CERT_") || code.startsWith("ERR_TLS")) {
    return {
      code: "certificate_refused",
      detail: `the certificate of ${base.origin} is not valid for it (${code})`,
      hint: "check the name in SUBMETER_URL, the certificate's dates and this machine's clock",
    };
  }
  return {
    code: "connection_lost",
    detail: `the connection to ${base.origin} failed (${code})`,
    hint:
      method === "GET"
        ? "try again; nothing was changed"
        : "look whether it was done before you repeat it: the answer got lost, not necessarily the deed",
  };
}

/** The innermost code: undici wraps, and happy eyeballs bundles (an AggregateError of one each address). */
function systemCode(cause: unknown): string {
  if (typeof cause !== "object" || cause === null) return "unknown";
  const {
    code,
    cause: inner,
    errors,
  } = cause as {
    code?: unknown;
    cause?: unknown;
    errors?: unknown;
  };
  if (typeof code === "string" && !code.startsWith("UND_ERR_SOCKET")) return code;
  if (inner !== undefined) return systemCode(inner);
  if (Array.isArray(errors) && errors.length > 0) return systemCode(errors[0]);
  return typeof code === "string" ? code : "unknown";
}
