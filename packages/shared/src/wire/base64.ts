/** Base64 and base64url (RFC 4648, sections 4 and 5) of short byte strings, and hexadecimal. */

/** The last character of 32 bytes in base64 may only end in two zero bits; anything else is a second spelling. */
export const base64Of32Bytes = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=";
export const base64Of64Bytes = "[A-Za-z0-9+/]{85}[AQgw]==";
export const base64UrlOf32Bytes = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]";

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** With padding. For digests, MACs and keys: it costs a call argument a byte. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** The text must match one of the grammars above. */
export function bytesOfBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Without padding. */
export function base64Url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function bytesOfBase64Url(text: string): Uint8Array {
  return bytesOfBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexDigits[byte];
  return text;
}
