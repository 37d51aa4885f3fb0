import { randomUUID } from 'node:crypto';
import type { DynamoDBClient, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-dynamodb';
import type { FinalizeRequestMiddleware } from '@smithy/types';
import { ProcessFence } from '../days/fence/chunk-fence.ts';
import type { Marker } from '../days/fence/markers.ts';
import { FenceTable } from '../store/day-fence.ts';
import { DayMarkers } from '../store/day-markers.ts';
import { startTimer } from './timer.ts';

/** Names of the tables that hold the fence and the markers. */
export interface DayTableNames {
  readonly dayState: string;
  readonly dayMarkers: string;
}

/** How a process reads its fence. */
export interface FenceOptions {
  /** How long batches use one reading; a minute by default and at most. */
  readonly cacheMilliseconds?: number | undefined;
}

/**
 * Makes the fence of a process. From then on, the client refuses to send a request that was signed too long after the
 * chunk read the fence.
 *
 * @param client the client that writes the chunks.
 */
export function makeProcessFence(
  client: DynamoDBClient,
  names: DayTableNames,
  { cacheMilliseconds }: FenceOptions = {},
): ProcessFence {
  const markers = new DayMarkers(client, names.dayMarkers);
  const table = new FenceTable(client, names.dayState);
  const ports = {
    readClosedThrough: () => table.read(),
    putMarkers: (late: readonly Marker[]) => markers.tryPut(late),
    makeToken: randomUUID,
    startTimer,
  };
  const fence = new ProcessFence(ports, cacheMilliseconds);
  guardRequests(client, fence);
  return fence;
}

/** The member of a request's arguments with the function to call after it was signed. */
const checkMember = Symbol('checks a signed request');

function guardRequests({ middlewareStack }: DynamoDBClient, fence: ProcessFence): void {
  middlewareStack.add(
    (next) => (args) => next(Object.assign({ [checkMember]: fence.beginRequest() }, args)),
    {
      name: 'beginFencedRequest',
      step: 'initialize',
    },
  );
  const check: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => (args) => {
    const isInTime: unknown = Reflect.get(args, checkMember);
    if (typeof isInTime !== 'function') throw new Error('A request began without the fence');
    isInTime();
    return next(args);
  };
  middlewareStack.addRelativeTo(check, {
    name: 'checkFencedRequest',
    relation: 'after',
    toMiddleware: 'httpSigningMiddleware',
  });
}
