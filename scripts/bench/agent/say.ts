/** What is being measured, on standard error: some of it takes a minute. */
export function say(doing: string): void {
  process.stderr.write(`${doing}\n`);
}
