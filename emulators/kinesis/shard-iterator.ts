import * as z from 'zod';

/** What an iterator contains. */
export interface ShardIteratorState {
  readonly streamName: string;
  /**
   * When the stream was created, in milliseconds since the epoch. Distinguishes it from an earlier stream with the same
   * name.
   */
  readonly streamCreatedMilliseconds: number;
  readonly shardId: string;
  /** Position of the next record to read. */
  readonly position: number;
  /** When the iterator was issued, in milliseconds since the epoch. It expires after five minutes. */
  readonly issuedMilliseconds: number;
}

const wireForm = z.tuple([z.string(), z.number(), z.string(), z.int().nonnegative(), z.number()]);

/** Encodes an iterator as the opaque string that clients send back. */
export function encodeShardIterator(state: ShardIteratorState): string {
  const wire: z.infer<typeof wireForm> = [
    state.streamName,
    state.streamCreatedMilliseconds,
    state.shardId,
    state.position,
    state.issuedMilliseconds,
  ];
  return Buffer.from(JSON.stringify(wire)).toString('base64');
}

/** Decodes an iterator; undefined if the string is not one. */
export function decodeShardIterator(token: string): ShardIteratorState | undefined {
  const parsed = wireForm.safeParse(parseJson(Buffer.from(token, 'base64').toString()));
  if (!parsed.success) return undefined;
  const [streamName, streamCreatedMilliseconds, shardId, position, issuedMilliseconds] = parsed.data;
  return { streamName, streamCreatedMilliseconds, shardId, position, issuedMilliseconds };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, so encodeShardIterator did not write it: not an iterator.
    return undefined;
  }
}
