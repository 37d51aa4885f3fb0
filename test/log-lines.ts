import { personalIn } from './personal-data.ts';

/** Lines that were written while a test file ran, as far as they hold personal data. */

const found: string[] = [];

/** Reads whole lines. */
export function readLines(lines: string): void {
  for (const line of lines.split('\n')) {
    const values = personalIn(line);
    if (values.length > 0) found.push(`${values.join(' and ')} in: ${line}`);
  }
}

/** The lines with personal data since this was last asked, each with what was found in it. */
export function takePersonalLines(): string[] {
  return found.splice(0);
}
