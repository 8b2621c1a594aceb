/** Datagrams that were received and not taken yet. Beyond a number and a size of them they are dropped, and counted: memory is bounded. */

export const packetsWaitingMax = 200_000;
/** A datagram may have 64 KiB. */
export const bytesWaitingMax = 64 * 1024 * 1024;

export type Handed = { readonly text: string; readonly packets: number; readonly bytes: number };

export class WaitingPackets {
  #texts: string[] = [];
  #bytes = 0;
  /** Those that were handed on included. */
  #waiting = { packets: 0, bytes: 0 };
  dropped = 0;

  /** Not handed on yet. */
  get gathered(): number {
    return this.#texts.length;
  }

  receive(bytes: Buffer): void {
    const { packets, bytes: held } = this.#waiting;
    if (packets >= packetsWaitingMax || held + bytes.length > bytesWaitingMax) {
      this.dropped += 1;
      return;
    }
    this.#texts.push(bytes.toString("utf8"));
    this.#bytes += bytes.length;
    this.#waiting.packets += 1;
    this.#waiting.bytes += bytes.length;
  }

  /** All that was gathered, line by line; null when there is nothing. */
  hand(): Handed | null {
    if (this.#texts.length === 0) return null;
    const handed = {
      text: this.#texts.join("\n"),
      packets: this.#texts.length,
      bytes: this.#bytes,
    };
    this.#texts = [];
    this.#bytes = 0;
    return handed;
  }

  taken({ packets, bytes }: Pick<Handed, "packets" | "bytes">): void {
    this.#waiting.packets -= packets;
    this.#waiting.bytes -= bytes;
  }
}
