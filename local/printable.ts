/**
 * A text that a terminal shows and does not obey. Senders choose what a record says and how a file is called, so it
 * could move the cursor, change the title or overwrite lines.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}
