/** What is asked for and does not exist. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

export class UnknownError extends SubmeterError {}

export function installationUnknown(id: string): UnknownError {
  return new UnknownError(
    "installation_unknown",
    `there is no installation ${JSON.stringify(id)}`,
    "list them with `submeter installations list`",
  );
}

export function customerUnknown(id: string): UnknownError {
  return new UnknownError(
    "customer_unknown",
    `there is no customer ${JSON.stringify(id)}`,
    "list them with `submeter customers list`, or add it with `submeter customers add`",
  );
}

export function journalUnknown(installation: string, journal: string): UnknownError {
  return new UnknownError(
    "journal_unknown",
    `the installation ${installation} has no journal ${JSON.stringify(journal)}`,
    "list them with `submeter journals list`",
  );
}

export function shutdownUnknown(installation: string, id: number): UnknownError {
  return new UnknownError(
    "shutdown_unknown",
    `${installation} has attested no shutdown ${id}`,
    "list them with `submeter shutdowns list`",
  );
}

export function reportUnknown(
  installation: string,
  journal: string,
  sequence: number,
): UnknownError {
  return new UnknownError(
    "report_unknown",
    `there is no report ${sequence} of journal ${journal} of ${installation}`,
    "list them with `submeter reports list`",
  );
}
