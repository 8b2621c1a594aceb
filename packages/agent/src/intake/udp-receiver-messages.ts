/** What the thread that receives datagrams is told, and what it says. */

import type { Handed } from "./waiting-packets.ts";

export type ReceiverPlace = {
  readonly host: string;
  readonly port: number;
  readonly bufferBytes: number;
};

export type FromReceiver =
  | {
      readonly kind: "listens";
      readonly address: string;
      readonly isV6: boolean;
      readonly port: number;
    }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  /** Texts of many datagrams, line by line; `dropped`: how many were not kept so far, as nobody took those before. */
  | ({ readonly kind: "packets"; readonly dropped: number } & Handed);

export type ToReceiver =
  | ({ readonly kind: "taken" } & Pick<Handed, "packets" | "bytes">)
  | { readonly kind: "close" };
