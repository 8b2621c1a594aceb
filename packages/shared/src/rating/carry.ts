/** What one period of a contract hands to the next: an input of the next statement, and of its digest. */

export type Carry = {
  /** What is left of each pack, by the plan line, the oldest first. */
  readonly packs?: readonly {
    readonly id: string;
    readonly line: string;
    readonly left: string;
  }[];
  /** What is left of the quotas that roll over, by the plan line. */
  readonly rollover?: Readonly<Record<string, string>>;
  /** What has been counted towards the contract's commitment so far. */
  readonly committed?: string;
};
