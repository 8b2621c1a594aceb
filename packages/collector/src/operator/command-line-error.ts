/** What was typed cannot be understood: exit code 2, where a failed deed is 1. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

export class CommandLineError extends SubmeterError {}
