/** States: what the collector tells an installation, signed: how far it has come, and what holds for it. */

import Type from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import {
  collectorMember,
  installationMember,
  instantMember,
  integer,
  journalMember,
  nullable,
  open,
  publicKeyMember,
  text,
  versionMember,
} from "./members.ts";
import { sequenceMax } from "./names.ts";
import { instantFault, readDocument } from "./read-document.ts";
import type { ReadDocument } from "./read-document.ts";

export const publicKeysMax = 16;

export const StateSchema = open({
  version: versionMember,
  collector: collectorMember,
  installation: installationMember,
  revision: text("^[!-~]{1,64}$", "1 to 64 printable ASCII characters without blanks"),
  issued_at: instantMember,
  journals: Type.Array(open({ journal: journalMember, through: integer(0, sequenceMax) }), {
    description: "a list of {journal, through}",
  }),
  report_due_hours: integer(1, 87_600),
  public_keys: Type.Array(publicKeyMember, {
    minItems: 1,
    maxItems: publicKeysMax,
    description: `a list of 1 to ${publicKeysMax} public keys`,
  }),
  covered_through: nullable(instantMember),
  fallback_at: nullable(instantMember),
  plan: Type.Optional(Type.Unknown()),
  entitlements: Type.Optional(Type.Unknown()),
});

export type State = Static<typeof StateSchema>;

const validator = Compile(StateSchema);

/** Members that this version does not know are left aside. */
export function readState(body: Uint8Array): ReadDocument<State> {
  return readDocument(
    body,
    validator,
    (state: State) =>
      instantFault(state, ["issued_at", "covered_through", "fallback_at"]) ?? repeated(state),
  );
}

/** UTF-8 JSON in the order of the schema, no white space. */
export function encodeState(state: State): Uint8Array {
  const ordered = {
    version: state.version,
    collector: state.collector,
    installation: state.installation,
    revision: state.revision,
    issued_at: state.issued_at,
    journals: state.journals.map(({ journal, through }) => ({ journal, through })),
    report_due_hours: state.report_due_hours,
    public_keys: state.public_keys,
    covered_through: state.covered_through,
    fallback_at: state.fallback_at,
    plan: state.plan,
    entitlements: state.entitlements,
  };
  return new TextEncoder().encode(JSON.stringify(ordered));
}

function repeated(state: State): { code: string; detail: string } | null {
  const journals = new Set(state.journals.map(({ journal }) => journal));
  return journals.size === state.journals.length
    ? null
    : { code: "journal_repeated", detail: "/journals names a journal twice" };
}
