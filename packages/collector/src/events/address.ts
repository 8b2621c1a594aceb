/** Which addresses events may be sent to: public ones alone, so that no endpoint reaches into the collector's own network. */

import { BlockList, isIP } from "node:net";

/** IANA's IPv4 special-purpose address registry, and multicast; link-local holds the clouds' metadata services. */
const refusedIpv4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Within 2000::/3, which is all that is routed: documentation, and what carries an IPv4 address inside. */
const refusedIpv6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const refused = new BlockList();
for (const [net, bits] of refusedIpv4) refused.addSubnet(net, bits, "ipv4");
for (const [net, bits] of refusedIpv6) refused.addSubnet(net, bits, "ipv6");
const routed = new BlockList();
routed.addSubnet("2000::", 3, "ipv6");
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

export type AddressRules = {
  /** For development alone: this machine may be told, over plain HTTP too. */
  readonly allowLoopback: boolean;
};

/** An IP address as text; a mapped one (`::ffff:10.0.0.1`) lies outside of what is routed and is refused with the rest. */
export function isAllowedAddress(address: string, { allowLoopback }: AddressRules): boolean {
  switch (isIP(address)) {
    case 4:
      return allowLoopback && loopback.check(address, "ipv4")
        ? true
        : !refused.check(address, "ipv4");
    case 6:
      return allowLoopback && loopback.check(address, "ipv6")
        ? true
        : routed.check(address, "ipv6") && !refused.check(address, "ipv6");
    default:
      return false;
  }
}

export type JudgedUrl =
  | { readonly kind: "url"; readonly url: URL }
  | { readonly kind: "refused"; readonly why: string };

/** What can be told without asking for the name's addresses. */
export function judgeUrl(text: string, rules: AddressRules): JudgedUrl {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { kind: "refused", why: "it is no URL" };
  }
  if (url.protocol !== "https:" && !(rules.allowLoopback && url.protocol === "http:")) {
    return { kind: "refused", why: "it is not https" };
  }
  if (url.username !== "" || url.password !== "") {
    return { kind: "refused", why: "it carries a user name or a password" };
  }
  if (url.hash !== "") return { kind: "refused", why: "it has a fragment" };
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isAllowedAddress(host, rules)) {
    return { kind: "refused", why: "its address is not a public one" };
  }
  if (/(^|\.)localhost\.?$/i.test(host) && !rules.allowLoopback) {
    return { kind: "refused", why: "its name is this machine's" };
  }
  return { kind: "url", url };
}

/** Without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}
