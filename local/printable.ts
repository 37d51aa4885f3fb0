/**
 * A text that a terminal shows and does not obey. What a record says, and what a file is called, is up to whoever sends
 * it, and could move the cursor, change the title or overwrite lines.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}
