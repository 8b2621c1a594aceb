/** Keys of an installation, as people paste them: `smk_<installation>.<number>_<secret><checksum>`. */

import { SubmeterError } from "../errors/submeter-error.ts";
import { base64Url, base64UrlOf32Bytes, bytesOfBase64Url } from "./base64.ts";
import { isInstallationName } from "./names.ts";
import { sha256 } from "./sha256.ts";

export type HmacKey = {
  readonly installation: string;
  /** Which of the installation's keys: `[a-z0-9-]`, 1 to 63 characters. */
  readonly number: string;
  /** `<installation>.<number>`: what signatures carry. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
};

const grammar = new RegExp(
  `^smk_([a-z0-9-]{1,63})\\.([a-z0-9-]{1,63})_(${base64UrlOf32Bytes})([A-Za-z0-9_-]{6})$`,
);
const checksumLength = 6;
const secretLength = 32;

/** Throws `key_malformed`, which never repeats any of the text. */
export function parseKey(text: string): HmacKey {
  const match = grammar.exec(text);
  if (match === null) {
    throw malformed("the key does not have the form smk_<installation>.<number>_<49 characters>");
  }
  const [, installation = "", number = "", secret = ""] = match;
  if (checksum(text.slice(0, -checksumLength)) !== match[4]) {
    throw malformed("the key's checksum does not match: a character was lost or changed");
  }
  return {
    installation,
    number,
    keyId: `${installation}.${number}`,
    secret: bytesOfBase64Url(secret),
  };
}

/** `secret` is 32 random bytes. Throws `key_malformed` for anything else. */
export function formatKey(installation: string, number: string, secret: Uint8Array): string {
  if (!isInstallationName(installation) || !isInstallationName(number)) {
    throw malformed("an installation and a key number have 1 to 63 characters of a-z, 0-9 and -");
  }
  if (secret.length !== secretLength) throw malformed("a key's secret has 32 bytes");
  const text = `smk_${installation}.${number}_${base64Url(secret)}`;
  return text + checksum(text);
}

function checksum(text: string): string {
  return base64Url(sha256(new TextEncoder().encode(text))).slice(0, checksumLength);
}

function malformed(message: string): SubmeterError {
  return new SubmeterError(
    "key_malformed",
    message,
    "paste the whole key again, exactly as it was issued, without quotes, spaces or line breaks",
  );
}
