/**
 * One signed document in, one answer out:
 *
 *     identify (digest, HMAC) ─► read ─► whose? ─► group commit ─► receipt
 *
 * The answer is the same whether the document came alone or as a line of a bundle.
 */

import type { Logger } from "pino";
import { type Problem, problemMediaType } from "@submeter/shared/errors/problem";
import type { SignatureHeaders } from "@submeter/shared/wire/document";
import { readHello } from "@submeter/shared/wire/hello";
import type { Outcome } from "@submeter/shared/wire/receipt";
import { isUnavailable } from "../store/database.ts";
import { type Candidate, readCandidate } from "./candidate.ts";
import {
  type GroupCommit,
  groupCommit,
  type GroupCommitCounts,
  Overloaded,
} from "./group-commit.ts";
import { bucketOf } from "./hash-bucket.ts";
import type { Keyring, SignedBytes, Signer } from "./keyring.ts";
import { receiptHeaders } from "./receipt-of.ts";
import { type RecordContext, type Recorded, recordGroup } from "./record-group.ts";
import {
  newerVersionProblem,
  otherInstallationProblem,
  overloadedProblem,
  refusalProblem,
  reportTooLargeProblem,
  shareFullProblem,
  unreadableProblem,
  unrecordedProblem,
} from "./refusals.ts";
import { revisionText, signedState, type SignedState, type StateContext } from "./state-of.ts";

export type Answer = {
  readonly status: number;
  /** Lower case; of a signed answer the three and perhaps `submeter-outcome`, of a problem its content-type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Who signed what is answered; null when nobody could be identified. */
  readonly signer: Signer | null;
  /** The revision of the installation's state, when it was read. */
  readonly stateRevision: string | null;
};

export type Ingest = {
  report(signed: SignedBytes): Promise<Answer>;
  hello(signed: SignedBytes): Promise<Answer>;
  /** For beside receipts, which must not wait for it: null when it cannot be told now. */
  state(signer: Signer): Promise<Pick<SignedState, "body" | "headers"> | null>;
  /** Resolves when everything that was taken in has been answered. */
  idle(): Promise<void>;
  /** What waits, and what the groups have done since the start. */
  readonly counts: Readonly<GroupCommitCounts>;
};

export type IngestContext = RecordContext &
  StateContext & {
    keyring: Keyring;
    logger: Logger;
    /** Transactions that may run beside each other; a power of two. On Citus the number of shards. */
    bucketsCount: number;
  };

/** Few, so that groups are large: on one box a second transaction is prepared while the first waits for its disk. */
export const bucketsCountDefault = 2;

/**
 * What is read of a report. One beyond the wire's 512 KiB cannot be split any more where it was sealed: it is rejected in
 * a receipt, so that the reports behind it do not wait for ever.
 */
export const reportBytesReadMax = 1024 * 1024;

const groupItemsMax = 200;
const groupBytesMax = 8 * 1024 * 1024;
const waitingBytesMax = 64 * 1024 * 1024;
/** Room for the largest report several times over, and for a bundle's group. */
const waitingBytesOfOneMax = 8 * 1024 * 1024;
/** What a small report costs in memory besides its bytes. */
const overheadBytes = 2048;

const statusOf: Record<Outcome, number> = {
  accepted: 200,
  quarantined: 202,
  conflict: 409,
  rejected: 422,
};

export function openIngest(context: IngestContext): Ingest {
  const commits = groupCommit<Candidate, Recorded>({
    bucketsCount: context.bucketsCount,
    groupItemsMax,
    groupBytesMax,
    waitingBytesMax,
    waitingBytesOfOwnerMax: waitingBytesOfOneMax,
    ownerOf: ({ name }) => name.installation,
    bucketOf: (installation) => bucketOf(installation, context.bucketsCount),
    bytesOf: ({ body }) => body.length + overheadBytes,
    commit: (candidates) => recordGroup(context, candidates),
  });
  return {
    report: (signed) => receiveReport(context, commits, signed),
    hello: (signed) => receiveHello(context, signed),
    state: async (signer) => {
      try {
        const { body, headers } = await signedState(context, signer);
        return { body, headers };
      } catch (error) {
        context.logger.error({ err: error, installation: signer.installation }, "state not told");
        return null;
      }
    },
    idle: () => commits.idle(),
    counts: commits.counts,
  };
}

async function receiveReport(
  context: IngestContext,
  commits: GroupCommit<Candidate, Recorded>,
  signed: SignedBytes,
): Promise<Answer> {
  if (signed.body.length > reportBytesReadMax) return refuse(reportTooLargeProblem());
  const identified = await context.keyring.identify(signed, "submeter-report");
  if (identified.kind === "busy") return refuse(overloadedProblem());
  if (identified.kind === "refused") {
    return refuse(refusalProblem(identified.code, identified.detail));
  }
  const { signer, proofKey } = identified;
  const headers = signed.headers as SignatureHeaders;
  const read = readCandidate({ body: signed.body, headers, signer, proofKey });
  switch (read.kind) {
    case "unreadable":
      return refuse(unreadableProblem(read.code, read.detail), signer);
    case "newer_version":
      return refuse(newerVersionProblem(read.version), signer);
    case "candidate": {
      const { candidate } = read;
      return candidate.name.installation === signer.installation
        ? commit(context, commits, candidate)
        : refuse(otherInstallationProblem(), signer);
    }
  }
}

async function commit(
  context: IngestContext,
  commits: GroupCommit<Candidate, Recorded>,
  candidate: Candidate,
): Promise<Answer> {
  const { signer } = candidate;
  try {
    const recorded = await commits.submit(candidate);
    if (recorded.kind === "key_removed") return refuse(refusalProblem("signature_invalid", ""));
    const { receipt, outcome, duplicate, stateRevision } = recorded;
    const headers = receiptHeaders(receipt, signer, context.clock.now());
    return {
      status: statusOf[outcome],
      headers: { ...headers, ...(duplicate && { "submeter-outcome": "duplicate" }) },
      body: receipt.receipt,
      signer,
      stateRevision: stateRevision === null ? null : revisionText(stateRevision),
    };
  } catch (error) {
    if (error instanceof Overloaded) {
      return refuse(error.by === "owner" ? shareFullProblem() : overloadedProblem(), signer);
    }
    const { installation, journal, sequence } = candidate.name;
    context.logger.error({ err: error, installation, journal, sequence }, "report not recorded");
    const answer = unrecordedProblem();
    return refuse(isUnavailable(error) ? answer : { ...answer, status: 500 }, signer);
  }
}

async function receiveHello(context: IngestContext, signed: SignedBytes): Promise<Answer> {
  const identified = await context.keyring.identify(signed, "submeter-hello");
  if (identified.kind === "busy") return refuse(overloadedProblem());
  if (identified.kind === "refused") {
    return refuse(refusalProblem(identified.code, identified.detail));
  }
  const { signer } = identified;
  const read = readHello(signed.body);
  switch (read.kind) {
    case "unreadable":
      return refuse(unreadableProblem(read.code, read.detail), signer);
    case "newer_version":
      return refuse(newerVersionProblem(read.version), signer);
    case "document": {
      if (read.document.installation !== signer.installation) {
        return refuse(otherInstallationProblem(), signer);
      }
      if (!(await context.keyring.isUsable(signer))) {
        return refuse(refusalProblem("signature_invalid", ""));
      }
      const { body, headers, revision } = await signedState(context, signer);
      return { status: 200, headers, body, signer, stateRevision: revision };
    }
  }
}

/** An unsigned answer. */
export function refuse(answer: Problem, signer: Signer | null = null): Answer {
  return {
    status: answer.status,
    headers: { "content-type": problemMediaType },
    body: new TextEncoder().encode(JSON.stringify(answer)),
    signer,
    stateRevision: null,
  };
}
