/**
 * The text of an event's `detail`.
 *
 * An item must stay within 1 KB, and the details of a PDP context, with the addresses of all core network nodes, do
 * not fit. Members are then omitted in a fixed order: first those of the core network, and then those that the item,
 * the session or the SIM holds as attributes.
 */

/** Bytes for description and detail together; the other attributes take at most the rest of 1 KB. */
const budget = 540;
const minBytes = 120;
const minExtraBytes = 40;

const maxDepth = 6;

/** Names of members that may be omitted, in this order, after those of {@link findStage}. */
const expendable = [
  'nsapi gtp_version sac rac region breakout_ip tapcode',
  'imsi imeisv operator_id ue_ip_address',
  'country name',
  'mcc mnc lac ci apn rat_type gtp_v1_uli_lac gtp_v1_uli_ci',
];
const stagesOfPatterns = 2;
const stageCount = stagesOfPatterns + expendable.length;
const stagesByName: ReadonlyMap<string, number> = new Map(
  expendable.flatMap((names, index) =>
    names.split(' ').map((name): [string, number] => [name, stagesOfPatterns + index]),
  ),
);

/**
 * @param detail a record's parsed member; text stays text.
 * @param description the event's description, which shares the budget.
 * @param unread the text of unreadable members, which also shares the budget and is not truncated.
 */
export function formatDetail(
  detail: unknown,
  description: string | undefined,
  unread?: string | undefined,
): string | undefined {
  return fitText(detail, Math.max(minBytes, budget - countBytes(description) - countBytes(unread)));
}

/**
 * The text of undocumented members, truncated to what description and detail leave of the budget.
 *
 * @param extra the text from `collectUnknownMembers`; unreadable members come first.
 * @param unread the text of unreadable members.
 */
export function fitExtra(
  extra: string | undefined,
  description: string | undefined,
  detail: string | undefined,
  unread?: string | undefined,
): string | undefined {
  if (extra === undefined) return undefined;
  const least = Math.max(minExtraBytes, countBytes(unread));
  return cutToBytes(extra, Math.max(least, budget - countBytes(description) - countBytes(detail)));
}

function countBytes(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text);
}

/** A value as text of at most `room` bytes; undefined if it is empty. */
export function fitText(detail: unknown, room: number): string | undefined {
  if (detail === undefined || detail === null || detail === '') return undefined;
  if (typeof detail === 'string') return cutToBytes(detail, room);
  for (let stage = 0; ; stage += 1) {
    const text = JSON.stringify(omitMembers(detail, stage, room, 0));
    if (Buffer.byteLength(text) <= room || stage === stageCount) {
      return text === '{}' ? undefined : cutToBytes(text, room);
    }
  }
}

/**
 * The members that are not empty, without the omitted ones, down to a depth that no carrier reaches. Stops once a
 * text, or members, exceed the room by themselves, because the result is truncated to it anyway.
 */
function omitMembers(value: unknown, stages: number, room: number, depth: number): unknown {
  // Stryker disable next-line ArithmeticOperator: with its quotes, it is too long all the same
  if (typeof value === 'string') return value.slice(0, room + 1);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return '…';
  // An element takes at least a character and a comma; a member takes its name and four more characters.
  if (Array.isArray(value)) {
    // Stryker disable next-line ArithmeticOperator: with their commas, they are too long all the same
    return value.slice(0, room + 1).map((element) => omitMembers(element, stages, room, depth + 1));
  }
  const members = value as Readonly<Record<string, unknown>>;
  const kept: [string, unknown][] = [];
  let length = 0;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (member === undefined || member === null || findStage(name) < stages) continue;
    kept.push([name, omitMembers(member, stages, room, depth + 1)]);
    length += name.length + 4;
    // Stryker disable next-line EqualityOperator: with its braces, it is too long all the same
    if (length > room) break;
  }
  return Object.fromEntries(kept);
}

/** The stage in which a member is omitted, from 0; {@link stageCount} if never. */
function findStage(name: string): number {
  if (name.startsWith('tx_teid') || name.startsWith('rx_teid')) return 0;
  if (name.endsWith('_plane_ip_address')) return 1;
  return stagesByName.get(name) ?? stageCount;
}

/** A well-formed text of at most `room` bytes; truncation is marked with an ellipsis. */
export function cutToBytes(text: string, room: number): string {
  // Each character takes at least one byte, so characters beyond the room cannot fit.
  const head = text.slice(0, room).toWellFormed();
  // Each character takes at most three bytes.
  // Stryker disable next-line ConditionalExpression,EqualityOperator: a short cut, which what follows agrees with
  if (text.length * 3 <= room || (text.length <= room && Buffer.byteLength(head) <= room)) return head;
  const cut = Buffer.from(head).subarray(0, room - 3);
  // A character that was cut in two decodes to U+FFFD, which is removed.
  return `${cut.toString('utf8').replace(/\uFFFD+$/, '')}…`;
}
