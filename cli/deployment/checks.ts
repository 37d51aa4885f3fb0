import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import manifest from '../../package.json' with { type: 'json' };
import { explainInOneLine } from '../errors.ts';
import type { Check, Deployment } from './deployment.ts';

/** Checks of every deployment. */

/** Makes a {@link Check}. If the check itself fails, that is a problem, and the other checks continue. */
export async function check(subject: string, look: () => Promise<Omit<Check, 'subject'>>): Promise<Check> {
  try {
    return { subject, ...(await look()) };
  } catch (error) {
    return { subject, outcome: 'problem', sentence: `could not be checked: ${explainInOneLine(error)}` };
  }
}

/** The outcome of a check that found nothing to do. */
export function ok(sentence: string): Omit<Check, 'subject'> {
  return { outcome: 'ok', sentence };
}

/** The outcome of a check that found something that does not work. */
export function problem(sentence: string): Omit<Check, 'subject'> {
  return { outcome: 'problem', sentence };
}

/** The outcome of a check that found something that works, and should be looked at. */
export function warning(sentence: string): Omit<Check, 'subject'> {
  return { outcome: 'warning', sentence };
}

/** Checks that the deployed version is the command line's. */
export function versionCheck({ places }: Pick<Deployment, 'places'>): Check {
  const { version } = manifest;
  return {
    subject: 'version',
    ...(places.version === version
      ? ok(`${version}, the same as this command line`)
      : warning(
          `${places.version} is deployed, and this command line is ${version}: deploy ${version}, or use the command line of ${places.version}`,
        )),
  };
}

/** Checks streams, tables, buckets and queues. */
export async function* placeChecks(deployment: Deployment): AsyncGenerator<Check> {
  for (const { name, streamArn } of deployment.places.sources.all) {
    if (streamArn !== undefined) yield streamCheck(deployment, name, streamArn);
  }
  const { tables, dayTables, lake } = deployment.places;
  for (const [table, TableName] of Object.entries({ ...tables, ...dayTables })) {
    yield tableCheck(deployment, table, TableName);
  }
  yield bucketCheck(deployment, 'quarantine', deployment.places.quarantineBucket);
  yield bucketCheck(deployment, 'closed days', lake.lake);
  yield bucketCheck(deployment, 'accounts of closed days', lake.accounts);
  for (const { name, bucket } of deployment.places.sources.all) {
    if (bucket !== undefined) yield bucketCheck(deployment, `files of ${name}`, bucket);
  }
  if (deployment.places.queues !== undefined)
    yield deadLetterCheck(deployment, deployment.places.queues.deadLetters);
}

function streamCheck({ kinesis }: Deployment, source: string, StreamARN: string): Promise<Check> {
  return check(`stream of ${source}`, async () => {
    const { StreamDescriptionSummary: stream } = await kinesis.send(
      new DescribeStreamSummaryCommand({ StreamARN }),
    );
    const hours = stream?.RetentionPeriodHours;
    return stream?.StreamStatus === 'ACTIVE' || stream?.StreamStatus === 'UPDATING'
      ? ok(`active, keeps records for ${hours} hours`)
      : problem(`is ${stream?.StreamStatus} and takes no records: deploy the stack again`);
  });
}

function tableCheck({ dynamoDb }: Deployment, table: string, TableName: string): Promise<Check> {
  return check(`table ${table}`, async () => {
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName }));
    return Table?.TableStatus === 'ACTIVE' || Table?.TableStatus === 'UPDATING'
      ? ok('active')
      : problem(`is ${Table?.TableStatus} and stores nothing: see the DynamoDB console`);
  });
}

function bucketCheck({ s3 }: Deployment, name: string, Bucket: string): Promise<Check> {
  return check(`bucket ${name}`, async () => {
    await s3.send(new HeadBucketCommand({ Bucket }));
    return ok('exists');
  });
}

function deadLetterCheck({ sqs }: Deployment, QueueUrl: string): Promise<Check> {
  return check('dead-letter queue', async () => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    const waiting = Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0);
    return waiting === 0
      ? ok('empty')
      : warning(`${waiting} file notifications wait: simledger failures redrive imports their files`);
  });
}
