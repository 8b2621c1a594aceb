/** The unsigned answers to agents: each with a status, a code and what a person can do. None of them moves a report. */

import { problem, type Problem } from "@submeter/shared/errors/problem";
import type { RefusalCode } from "@submeter/shared/wire/document";
import { reportBytesMax } from "@submeter/shared/wire/report";

const wirePage = "see docs/wire.md, Documents";

/** 401 says the same of an unknown key and of a wrong signature. */
export function refusalProblem(code: RefusalCode, detail: string): Problem {
  switch (code) {
    case "signature_invalid":
      return problem(
        401,
        code,
        "the signature was not made with a key of this collector",
        "check TELEMETRY_HMAC_KEY against the environment file that the vendor issued, or ask for a new key",
      );
    case "signature_missing":
    case "signature_malformed":
    case "algorithm_refused":
    case "tag_mismatch":
    case "proof_missing":
    case "proof_invalid":
      return problem(401, code, detail, `sign the document as the wire says: ${wirePage}`);
    case "digest_missing":
    case "digest_malformed":
      return problem(400, code, detail, `send the digest of the body's exact bytes: ${wirePage}`);
    case "digest_mismatch":
      return problem(
        400,
        code,
        detail,
        "send the bytes that were signed; a proxy that rewrites or re-encodes bodies must leave these alone",
      );
  }
}

export function unreadableProblem(code: string, detail: string): Problem {
  return problem(
    400,
    code,
    detail,
    "send one document as docs/wire.md has it, in UTF-8, each member once",
  );
}

export function newerVersionProblem(version: number): Problem {
  return problem(
    503,
    "version_newer",
    `this collector does not know version ${version} of the document yet`,
    "keep it and offer it again; the vendor has to bring the collector up to date",
  );
}

export function otherInstallationProblem(): Problem {
  return problem(
    403,
    "key_of_other_installation",
    "the document names another installation than the key that signed it",
    "give each installation its own TELEMETRY_HMAC_KEY, and its journal no other key",
  );
}

export function reportTooLargeProblem(): Problem {
  return problem(
    413,
    "body_too_large",
    `a report has at most ${reportBytesMax} bytes`,
    "seal more than that as several reports",
    { limit_bytes: reportBytesMax },
  );
}

export function overloadedProblem(): Problem {
  return problem(
    503,
    "overloaded",
    "more reports wait than this collector can hold",
    "keep them and come again after the time in Retry-After",
  );
}

/** Fair between installations: this one has its share waiting already, the others have room. */
export function shareFullProblem(): Problem {
  return problem(
    429,
    "share_full",
    "more reports of this installation wait than one installation may have waiting",
    "keep them and come again after the time in Retry-After; send fewer at a time",
  );
}

export function unrecordedProblem(): Problem {
  return problem(
    503,
    "temporarily_unavailable",
    "the report could not be recorded at the moment",
    "keep it and come again after the time in Retry-After",
  );
}
