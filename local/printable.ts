/**
 * Removes control characters from a text for the terminal. They come from senders, in records and names of files, and
 * could move the cursor, change the title or overwrite lines.
 */
export function makePrintable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}
