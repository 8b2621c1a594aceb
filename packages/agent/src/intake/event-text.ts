/** Cuts the text of a list into events, and the text of an event at what differs from one to the next. */

const quote = 0x22;
const space = 0x20;
const [zero, nine] = [0x30, 0x39];
/** Stand in a form for what differs. No text that is cut has such characters. */
const [quantityMark, idMark, timeMark] = ["\u0001", "\u0002", "\u0003"];

export type Cut = {
  /** What stands around quantity, id and time. */
  readonly form: string;
  readonly quantity: string;
  /** Without quotes, and digits alone; what follows them belongs to the form. */
  readonly isNumber: boolean;
  readonly id: string | null;
  readonly time: string | null;
};

/** Null unless all of it is printable ASCII without a backslash: then a quote always begins or ends a text. */
export function plainText(bytes: Uint8Array): string | null {
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return null;
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/**
 * Cut where two events of a list seem to meet. Should that be inside of a text, the piece cannot be parsed; and where every piece
 * is an event, the list has just these.
 */
export function piecesOf(text: string): { single: boolean; pieces: string[] } {
  if (!text.startsWith("[") || !text.endsWith("]")) return { single: true, pieces: [text] };
  const comma = text.includes("}, {") ? ", " : ",";
  const seam = `}${comma}{`;
  const pieces: string[] = [];
  let from = 1;
  for (let at = text.indexOf(seam); at !== -1; at = text.indexOf(seam, from)) {
    pieces.push(text.slice(from, at + 1));
    from = at + 1 + comma.length;
  }
  pieces.push(text.slice(from, -1));
  return { single: false, pieces };
}

/** Which members to look for. What is not looked for belongs to the form, and then no form is made. */
export type Sought = { readonly id: boolean; readonly time: boolean };

/** As the first of a list has them, which is like the others. */
export function soughtIn(piece: string): Sought {
  return { id: piece.includes('"id":'), time: piece.includes('"time":') };
}

/** Null where no quantity is seen. It may be wrong about what it sees: a form is tried before it is used. */
export function cutOf(piece: string, sought: Sought): Cut | null {
  const quantity = valueOf(piece, '"quantity":');
  if (quantity === -1) return null;
  const isNumber = piece.charCodeAt(quantity - 1) !== quote;
  const quantityEnd = isNumber ? digitsEnd(piece, quantity) : textEnd(piece, quantity);
  const id = sought.id ? textOf(piece, '"id":') : -1;
  const idEnd = textEnd(piece, id);
  const time = sought.time ? textOf(piece, '"time":') : -1;
  const timeEnd = textEnd(piece, time);
  let form = "";
  let from = 0;
  for (let next = -1; ;) {
    next = nextOf(next, quantity, id, time);
    if (next === -1) break;
    const isQuantity = next === quantity;
    form += piece.slice(from, next);
    form += isQuantity ? quantityMark : next === id ? idMark : timeMark;
    from = isQuantity ? quantityEnd : next === id ? idEnd : timeEnd;
  }
  return {
    form: form + piece.slice(from),
    quantity: piece.slice(quantity, quantityEnd),
    isNumber,
    id: id === -1 ? null : piece.slice(id, idEnd),
    time: time === -1 ? null : piece.slice(time, timeEnd),
  };
}

/** The text of an event in this form. */
export function filled(
  form: string,
  by: { readonly quantity: string; readonly id: string; readonly time: string },
): string {
  return form.replace(quantityMark, by.quantity).replace(idMark, by.id).replace(timeMark, by.time);
}

/** Where the member's value begins, behind its quote if it has one; -1: there is no such member. */
function valueOf(piece: string, member: string): number {
  const at = piece.indexOf(member);
  if (at === -1) return -1;
  let from = at + member.length;
  if (piece.charCodeAt(from) === space) from += 1;
  return piece.charCodeAt(from) === quote ? from + 1 : from;
}

function textOf(piece: string, member: string): number {
  const from = valueOf(piece, member);
  return from > 0 && piece.charCodeAt(from - 1) === quote ? from : -1;
}

function textEnd(piece: string, from: number): number {
  const end = from === -1 ? -1 : piece.indexOf('"', from);
  return end === -1 ? piece.length : end;
}

function digitsEnd(piece: string, from: number): number {
  let end = from;
  while (piece.charCodeAt(end) >= zero && piece.charCodeAt(end) <= nine) end += 1;
  return end;
}

/** The first of the places behind `last`; -1: none. */
function nextOf(last: number, a: number, b: number, c: number): number {
  let next = a > last ? a : -1;
  if (b > last && (next === -1 || b < next)) next = b;
  if (c > last && (next === -1 || c < next)) next = c;
  return next;
}
