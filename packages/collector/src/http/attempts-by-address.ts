/** How often something was refused to whoever sits at an address, in a minute; bounded in memory, whoever comes. */

import { isIPv6 } from "node:net";

type Count = { startedAtMs: number; attempts: number };

const windowMs = 60_000;
/** So many addresses are remembered; the oldest are forgotten first. */
const addressesMax = 10_000;

/** Counts one more, or `more`; answers the seconds to wait once there were more than `attemptsMax`, else null. */
export function openAttemptsByAddress(
  nowMs: () => number,
  attemptsMax: number,
): (address: string, more?: number) => number | null {
  const counts = new Map<string, Count>();
  return (address, more = 1) => {
    const now = nowMs();
    const key = networkOf(address);
    const known = counts.get(key);
    const running = known !== undefined && now - known.startedAtMs < windowMs ? known : null;
    const count = running ?? { startedAtMs: now, attempts: 0 };
    count.attempts += more;
    counts.delete(key);
    counts.set(key, count);
    if (counts.size > addressesMax) counts.delete(counts.keys().next().value ?? "");
    if (count.attempts <= attemptsMax) return null;
    return Math.ceil((count.startedAtMs + windowMs - now) / 1000);
  };
}

/** One who has IPv6 has at least a /64 of addresses: they are one. An IPv4 address in the clothes of IPv6 is itself. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase())
    .join(":")}::/64`;
}
