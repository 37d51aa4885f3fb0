import type { RejectLine } from '../../lambda/store/quarantine.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, print, printJson } from '../command.ts';
import { formatAge } from '../terminal/figures.ts';
import { maskText } from '../terminal/masking.ts';
import { type RejectObject, readRejects, rejectObjects } from './objects.ts';

/** `quarantine show ID`: the rejects of an object, with their bytes. */

/** The most matching objects that are named when an ID is ambiguous. */
const maxNamed = 10;

/** `quarantine show`: shows a reject and its bytes. */
export async function showReject(context: CommandContext, { id }: { id: string }): Promise<ExitCode> {
  const found = await findObjects(context, id);
  const [object, other] = found;
  if (object === undefined) {
    context.terminal.err.write(
      `No reject has the ID ${JSON.stringify(id)}: list the rejects with simledger quarantine list\n`,
    );
    return exitCode.attention;
  }
  if (other !== undefined) {
    const keys = found.map(({ key }) => `\n  ${key}`).join('');
    context.terminal.err.write(
      `${JSON.stringify(id)} matches several rejects: give one of these keys${keys}\n`,
    );
    return exitCode.attention;
  }
  const lines = (await readRejects(context.deployment, object.key)) ?? [];
  const shown = context.reveal ? lines : lines.map(maskBytes);
  if (context.json) printJson(context, { key: object.key, rejects: shown });
  else print(context, shown.map((line) => describeReject(context, object, line)).join('\n\n'));
  return exitCode.done;
}

/** Objects whose key is the ID, or whose name begins with it. */
async function findObjects({ deployment }: CommandContext, id: string): Promise<RejectObject[]> {
  const found: RejectObject[] = [];
  for await (const page of rejectObjects(deployment, {})) {
    for (const object of page) {
      if (object.key === id) return [object];
      if (object.name.startsWith(id)) found.push(object);
      if (found.length === maxNamed) return found;
    }
  }
  return found;
}

function maskBytes(line: RejectLine): RejectLine {
  const body = line.encoding === 'utf8' ? maskText(line.body) : '';
  const { value } = line;
  return {
    ...{ ...line, reason: maskText(line.reason), body },
    ...(value !== undefined && { value: maskText(value) }),
  };
}

function describeReject(context: CommandContext, { key }: RejectObject, line: RejectLine): string {
  const { bold, dim } = pickColours(context);
  const { terminal, reveal } = context;
  const isHidden = !reveal && line.encoding === 'base64';
  const body = isHidden ? dim('not text; --reveal shows it in base64') : line.body;
  const rows: (readonly [string, string])[] = [
    ['reason', `${line.code}: ${line.reason}`],
    ['source', line.source],
    ['position', line.position],
    ['arrived', `${line.arrivedAt}, ${formatAge(line.arrivedAt, terminal.now())} ago`],
    ['object', key],
    line.object === undefined ? ['body', body] : ['whole file', line.object],
  ];
  return rows.map(([name, value]) => `${bold(name.padEnd(10))} ${value}`).join('\n');
}
