/** What `doctor` says of one thing that it looked at, and what to do about it. */

export type FindingState = "well" | "warning" | "fault" | "skipped";

export type Finding = {
  readonly check:
    | "configuration"
    | "state"
    | "secrets"
    | "disk"
    | "agent"
    | "sources"
    | "ways"
    | "delivery"
    | "collector"
    | "key"
    | "clock"
    | "coverage";
  readonly state: FindingState;
  readonly detail: string;
  /** The next step; null when nothing has to be done. */
  readonly hint: string | null;
};

export function well(check: Finding["check"], detail: string): Finding {
  return { check, state: "well", detail, hint: null };
}

export function skipped(check: Finding["check"], detail: string): Finding {
  return { check, state: "skipped", detail, hint: null };
}

export function warning(check: Finding["check"], detail: string, hint: string): Finding {
  return { check, state: "warning", detail, hint };
}

export function fault(check: Finding["check"], detail: string, hint: string): Finding {
  return { check, state: "fault", detail, hint };
}
