/**
 * A text without control characters for the terminal. Senders choose the text of records and names of files, which
 * could move the cursor, change the title or overwrite lines.
 */
export function makePrintable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}
