import { type Fault, makeFault } from '../../carriers/reading.ts';
import { nameFormat } from '../../carriers/unreadable.ts';

/** Files that are not CSV: what they most likely are, and what to do. */

/** Number of bytes that identify a format. */
export const formatBytes = 64;

interface Format {
  readonly isIt: (head: Buffer) => boolean;
  readonly code: Fault['code'];
  readonly reason: string;
}

const startsWith =
  (...bytes: number[]) =>
  (head: Buffer): boolean =>
    bytes.every((byte, index) => head[index] === byte);

const startsWithText =
  (...texts: string[]) =>
  (head: Buffer): boolean => {
    const begin = head
      .subarray(0, 64)
      .toString('latin1')
      .replace(/^\u00ef\u00bb\u00bf/, '')
      .trimStart()
      .toLowerCase();
    return texts.some((text) => begin.startsWith(text));
  };

const asUtf8 = 'save it as UTF-8 and put it again';
const asCsv = 'put the CSV file itself';

const formats: readonly Format[] = [
  {
    isIt: startsWith(0x50, 0x4b, 0x03, 0x04),
    code: 'unknown-columns',
    reason: `The file is a zip archive or an Excel workbook, not CSV: ${asCsv}`,
  },
  { isIt: startsWithText('%pdf'), code: 'unknown-columns', reason: `The file is a PDF, not CSV: ${asCsv}` },
  {
    isIt: startsWithText('<!doctype', '<html', '<?xml', '<error'),
    code: 'unknown-columns',
    reason: `The file is HTML or XML, not CSV, perhaps an error page that was downloaded in its place: ${asCsv}`,
  },
  {
    isIt: startsWithText('{', '['),
    code: 'unknown-columns',
    reason: "The file is JSON, not CSV: put its records into the source's stream, as simledger import does",
  },
  {
    isIt: (head) => startsWith(0xff, 0xfe)(head) || startsWith(0xfe, 0xff)(head),
    code: 'not-utf8',
    reason: `The file is UTF-16, not UTF-8: ${asUtf8}`,
  },
];

/** Recognises a file that is not CSV by at least its first {@link formatBytes}; undefined if it may be CSV. */
export function recogniseFormat(head: Buffer): Fault | undefined {
  const format = formats.find(({ isIt }) => isIt(head));
  if (format !== undefined) return makeFault(format.code, format.reason);
  const name = nameFormat(head);
  return name === undefined
    ? undefined
    : makeFault('unknown-columns', `The file is ${name}, not CSV: ${asCsv}, as it is or packed by gzip`);
}
