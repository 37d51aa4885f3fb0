import {
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as z from 'zod';
import { rejectPrefix } from '../../lambda/aws/names.ts';
import { rejectCodes } from '../../lambda/carriers/reading.ts';
import { AttentionError, UnknownSourceError } from '../../lambda/errors.ts';
import { parseJson } from '../../lambda/json/json.ts';
import { type RejectLine, readRejectKey } from '../../lambda/store/quarantine.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { isNotFound } from '../errors.ts';
import { count } from '../terminal/progress.ts';

/** The objects of a quarantine, and their content. */

/** An object that holds rejects, one per JSON line. */
export interface RejectObject {
  readonly key: string;
  readonly source: string;
  /** The code in the key. A later version of simledger may have codes that this one does not know. */
  readonly code: string;
  /** The key's last part, without its ending. */
  readonly name: string;
  readonly bytes: number;
  /** When it was written, milliseconds since the epoch. */
  readonly keptAt: number;
}

/** Selects rejects. A missing member selects all. */
export interface RejectFilter {
  readonly source?: string | undefined;
  readonly reason?: string | undefined;
}

/** The members of a line. If one were missing here, it would be lost when a line is written again. */
const line = z.object({
  id: z.string(),
  code: z.enum(rejectCodes),
  reason: z.string(),
  source: z.string(),
  position: z.string(),
  arrivedAt: z.string(),
  encoding: z.enum(['utf8', 'base64']),
  body: z.string(),
  object: z.string().exactOptional(),
  header: z.string().exactOptional(),
  member: z.string().exactOptional(),
  value: z.string().exactOptional(),
} satisfies Readonly<Record<keyof RejectLine, z.ZodType>>);

/** Lists a quarantine in key order, in pages of up to a thousand objects. */
export async function* rejectObjects(
  { s3, places }: Pick<Deployment, 's3' | 'places'>,
  { source, reason }: RejectFilter,
): AsyncGenerator<RejectObject[]> {
  const ofSource = source === undefined ? '' : `${source}/`;
  const ofReason = source === undefined || reason === undefined ? '' : `${reason}/`;
  const pages = paginateListObjectsV2(
    { client: s3 },
    { Bucket: places.quarantineBucket, Prefix: `${rejectPrefix}${ofSource}${ofReason}` },
  );
  for await (const { Contents: contents = [] } of pages) {
    const objects = contents.flatMap(({ Key, Size, LastModified }) => {
      const names = readRejectKey(Key ?? '');
      // A copy of a whole file belongs to the line next to it.
      if (names === undefined || (reason !== undefined && names.code !== reason)) return [];
      return [
        {
          ...{ ...names, key: Key ?? '' },
          bytes: Size ?? 0,
          keptAt: LastModified?.getTime() ?? 0,
        },
      ];
    });
    if (objects.length > 0) yield objects;
  }
}

/**
 * Checks the source of a filter. A source that is no longer configured may still have rejects.
 *
 * @throws UsageError if the source is neither configured nor in the quarantine.
 */
export async function requireRejectSource(
  deployment: Pick<Deployment, 's3' | 'places'>,
  { source }: RejectFilter,
): Promise<void> {
  const known = deployment.places.sources.all.map(({ name }) => name);
  if (source === undefined || known.includes(source)) return;
  for await (const page of rejectObjects(deployment, { source })) {
    if (page.length > 0) return;
  }
  throw new UnknownSourceError(source, known);
}

/** The message if a filter finds nothing: what else is in the quarantine. */
export async function describeNothingFound(
  deployment: Pick<Deployment, 's3' | 'places'>,
  { source, reason }: RejectFilter,
): Promise<string> {
  let others = 0;
  for await (const page of rejectObjects(deployment, {})) others += page.length;
  if (others === 0) return 'The quarantine is empty.';
  const asked = [
    ...(source === undefined ? [] : [`of the source ${source}`]),
    ...(reason === undefined ? [] : [`with the reason ${reason}`]),
  ];
  const objects = others === 1 ? 'is 1 other object' : `are ${count(others)} other objects`;
  return `The quarantine has nothing ${asked.join(' ')}. There ${objects}: quarantine list shows all.`;
}

/**
 * Reads the rejects of an object; undefined if it no longer exists.
 *
 * @throws UnreadableRejectsError if it holds something else.
 */
export async function readRejects(
  { s3, places }: Pick<Deployment, 's3' | 'places'>,
  key: string,
): Promise<RejectLine[] | undefined> {
  const text = await readObjectText(s3, places.quarantineBucket, key);
  if (text === undefined) return undefined;
  return text
    .split('\n')
    .filter((one) => one !== '')
    .map((one) => parseLine(one, key));
}

/** The text of an object; undefined if it no longer exists. */
export async function readObjectText(
  client: S3Client,
  Bucket: string,
  Key: string,
): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return await Body?.transformToString('utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Keeps only some of an object's rejects. */
export async function keepOnly(
  { s3, places }: Pick<Deployment, 's3' | 'places'>,
  key: string,
  lines: readonly RejectLine[],
): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: places.quarantineBucket,
      Key: key,
      Body: lines.map((one) => `${JSON.stringify(one)}\n`).join(''),
      ContentType: 'application/x-ndjson',
    }),
  );
}

/** Keys that one request may delete. */
const maxDeletions = 1_000;

/**
 * Removes objects from the quarantine.
 *
 * @throws Error if S3 does not delete one of them.
 */
export async function removeObjects(
  { s3, places }: Pick<Deployment, 's3' | 'places'>,
  keys: readonly string[],
): Promise<void> {
  for (let from = 0; from < keys.length; from += maxDeletions) {
    const Objects = keys.slice(from, from + maxDeletions).map((Key) => ({ Key }));
    const { Errors: [left] = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket: places.quarantineBucket, Delete: { Objects, Quiet: true } }),
    );
    if (left !== undefined) throw new Error(`s3://${places.quarantineBucket}/${left.Key}: ${left.Message}`);
  }
}

function parseLine(text: string, key: string): RejectLine {
  const result = line.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw new UnreadableRejectsError(key);
}

/** An object of the quarantine that holds no rejects. */
export class UnreadableRejectsError extends AttentionError {
  override readonly name = 'UnreadableRejectsError';

  constructor(key: string) {
    super(
      `${key} does not hold rejects, and is left unchanged: it was written by hand or by another version`,
    );
  }
}
