/** Hellos: an agent asks for its state and sends no usage. */

import Type from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import {
  closed,
  extensionMember,
  installationMember,
  instantMember,
  journalMember,
  versionMember,
} from "./members.ts";
import { instantFault, readDocument } from "./read-document.ts";
import type { ReadDocument } from "./read-document.ts";

export const HelloSchema = closed({
  version: versionMember,
  installation: installationMember,
  journal: journalMember,
  sent_at: instantMember,
  x: Type.Optional(extensionMember),
});

export type Hello = Static<typeof HelloSchema>;

const validator = Compile(HelloSchema);

/** Unknown members are refused, except under `x`. */
export function readHello(body: Uint8Array): ReadDocument<Hello> {
  return readDocument(body, validator, (hello: Hello) => instantFault(hello, ["sent_at"]));
}

/** UTF-8 JSON in the order of the schema, no white space. */
export function encodeHello(hello: Hello): Uint8Array {
  const { version, installation, journal, sent_at, x } = hello;
  return new TextEncoder().encode(JSON.stringify({ version, installation, journal, sent_at, x }));
}
