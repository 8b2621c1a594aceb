/** Where events may go, and where they may not. */

import { describe, expect, test } from "vitest";
import { isAllowedAddress, judgeUrl } from "./address.ts";

const production = { allowLoopback: false };
const development = { allowLoopback: true };

describe("an address", () => {
  test.each([
    ["loopback", "127.0.0.1"],
    ["all of loopback", "127.8.9.10"],
    ["this host", "0.0.0.0"],
    ["private, class A", "10.0.0.7"],
    ["private, class B", "172.31.255.254"],
    ["private, class C", "192.168.1.1"],
    ["shared by a carrier", "100.64.0.1"],
    ["link-local", "169.254.1.1"],
    ["metadata of a cloud", "169.254.169.254"],
    ["for benchmarks", "198.19.0.1"],
    ["multicast", "224.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["IPv6 loopback", "::1"],
    ["IPv6 unspecified", "::"],
    ["IPv6 unique local", "fd00:ec2::254"],
    ["IPv6 link-local", "fe80::1"],
    ["IPv6 multicast", "ff02::1"],
    ["IPv4-mapped private", "::ffff:10.0.0.1"],
    ["IPv4-mapped in hexadecimal", "::ffff:7f00:1"],
    ["IPv4-mapped public, too", "::ffff:8.8.8.8"],
    ["NAT64", "64:ff9b::a00:1"],
    ["6to4 with a private inside", "2002:a00:1::"],
    ["Teredo", "2001:0:1::1"],
    ["documentation", "2001:db8::1"],
    ["no address", "localhost"],
  ])("%s is refused: %s", (_what, address) => {
    expect(isAllowedAddress(address, production)).toBe(false);
  });

  test.each(["8.8.8.8", "172.32.0.1", "2606:4700::1111"])(
    "that is public is allowed: %s",
    (address) => {
      expect(isAllowedAddress(address, production)).toBe(true);
    },
  );

  test.each([
    ["127.0.0.1", true],
    ["::1", true],
    ["10.0.0.1", false],
    ["169.254.169.254", false],
    ["::ffff:10.0.0.1", false],
  ])("under --dev %s: %s", (address, allowed) => {
    expect(isAllowedAddress(address, development)).toBe(allowed);
  });
});

describe("a URL", () => {
  test.each([
    ["http://hooks.example.com/", "it is not https"],
    ["ftp://hooks.example.com/", "it is not https"],
    ["https://user:pass@hooks.example.com/", "it carries a user name or a password"],
    ["https://hooks.example.com/#part", "it has a fragment"],
    ["https://127.0.0.1/", "its address is not a public one"],
    // The URL parser reads all spellings of an IPv4 address.
    ["https://0x7f.1/", "its address is not a public one"],
    ["https://2130706433/", "its address is not a public one"],
    ["https://[::1]/", "its address is not a public one"],
    ["https://[::ffff:169.254.169.254]/", "its address is not a public one"],
    ["https://localhost/", "its name is this machine's"],
    ["https://api.localhost./", "its name is this machine's"],
    ["hooks.example.com", "it is no URL"],
  ])("%s is refused: %s", (url, why) => {
    expect(judgeUrl(url, production)).toEqual({ kind: "refused", why });
  });

  test.each([
    ["https://hooks.example.com:8443/a?b=c", production],
    ["http://127.0.0.1:9000/", development],
    ["http://localhost:9000/", development],
  ])("%s is allowed", (url, rules) => {
    expect(judgeUrl(url, rules).kind).toBe("url");
  });
});
