/** Seeded mutations of documents: bytes turned, cut, doubled and swapped, JSON members bent, repeated and nested. */

/** Whole numbers below `below`; xorshift, so that a seed is a whole run. */
export type Dice = (below: number) => number;

export function dice(seed: number): Dice {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const encoder = new TextEncoder();

/** A mutation or two, of bytes or of the JSON that they spell. */
export function mutated(roll: Dice, body: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let bytes = body;
  for (let count = roll(4) === 0 ? 2 : 1; count > 0; count -= 1) {
    bytes = roll(3) > 0 ? mutatedBytes(roll, bytes, others) : mutatedJson(roll, bytes);
  }
  return bytes;
}

function mutatedBytes(roll: Dice, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  const at = roll(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + roll(40));
  const other = others[roll(others.length)] ?? bytes;
  switch (roll(6)) {
    case 0: {
      const turned = Uint8Array.from(bytes);
      turned[at] = roll(256);
      return turned;
    }
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(to));
    case 2:
      return joined(bytes.subarray(0, to), bytes.subarray(at));
    case 3:
      return joined(
        bytes.subarray(0, at),
        Uint8Array.from({ length: roll(8) }, () => roll(256)),
        bytes.subarray(at),
      );
    case 4:
      return joined(bytes.subarray(0, at), other.subarray(roll(other.length + 1)));
    default:
      return bytes.subarray(0, at);
  }
}

const oddities: readonly ((roll: Dice) => unknown)[] = [
  () => null,
  () => -1,
  () => 1e308,
  () => 2 ** 53,
  () => "",
  () => "\u0000",
  () => "9".repeat(40),
  () => "2026-02-30T00:00:00Z",
  () => "__proto__",
  () => [],
  () => ({}),
  () => ({ constructor: { prototype: 1 } }),
  (roll) => nested(roll(100)),
  (roll) => "a".repeat(roll(2000)),
  () => true,
  () => "0.0000000000000001",
];

function mutatedJson(roll: Dice, bytes: Uint8Array): Uint8Array {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return bytes;
  }
  const place = somewhere(roll, value);
  if (place === null) return bytes;
  const { holder, name } = place;
  switch (roll(4)) {
    case 0:
      delete holder[name];
      break;
    case 1:
      holder[`${name}_`] = holder[name];
      break;
    case 2: {
      // A member that is written twice.
      const text = JSON.stringify(value);
      return encoder.encode(text.replace(`"${name}":`, `"${name}":0,"${name}":`));
    }
    default:
      holder[name] = oddities[roll(oddities.length)]?.(roll);
  }
  return encoder.encode(JSON.stringify(value));
}

type Place = { holder: Record<string, unknown>; name: string };

function somewhere(roll: Dice, value: unknown): Place | null {
  let place: Place | null = null;
  let inside: unknown = value;
  while (typeof inside === "object" && inside !== null) {
    const holder = inside as Record<string, unknown>;
    const names = Object.keys(holder);
    const name = names[roll(names.length || 1)];
    if (name === undefined) break;
    place = { holder, name };
    if (roll(3) === 0) break;
    inside = holder[name];
  }
  return place;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let count = 0; count < depth; count += 1) value = [value];
  return value;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
