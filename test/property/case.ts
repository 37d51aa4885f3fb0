import fc from 'fast-check';

/** Lines as a failing test's message shows them. */
export function inLines(lines: readonly string[]): string {
  return `\n${lines.map((line) => `    ${line}`).join('\n')}\n`;
}

/** A case that prints itself in lines: what is in a failing test's message. */
export abstract class Case {
  abstract describe(): readonly string[];

  [fc.toStringMethod](): string {
    return inLines(this.describe());
  }
}
