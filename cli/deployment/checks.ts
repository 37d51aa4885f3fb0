import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import manifest from '../../package.json' with { type: 'json' };
import { explainInOneLine } from '../errors.ts';
import type { Check, Deployment } from './deployment.ts';

/** Checks that every deployment has. */

/** Makes a {@link Check}. If the check itself fails, it reports a problem, and the other checks continue. */
export async function check(subject: string, look: () => Promise<Omit<Check, 'subject'>>): Promise<Check> {
  try {
    return { subject, ...(await look()) };
  } catch (error) {
    return { subject, outcome: 'problem', sentence: `could not be checked: ${explainInOneLine(error)}` };
  }
}

/** The outcome of a check without findings. */
export function reportOk(sentence: string): Omit<Check, 'subject'> {
  return { outcome: 'ok', sentence };
}

/** The outcome of a check that found something broken. */
export function reportProblem(sentence: string): Omit<Check, 'subject'> {
  return { outcome: 'problem', sentence };
}

/** The outcome of a check that found something that works, but needs a look. */
export function reportWarning(sentence: string): Omit<Check, 'subject'> {
  return { outcome: 'warning', sentence };
}

/** Checks that the deployment and the command line have the same version. */
export function checkVersion({ places }: Pick<Deployment, 'places'>): Check {
  const { version } = manifest;
  return {
    subject: 'version',
    ...(places.version === version
      ? reportOk(`${version}, the same as this command line`)
      : reportWarning(
          `${places.version} is deployed, and this command line is ${version}: deploy ${version}, or use the command line of ${places.version}`,
        )),
  };
}

/** Checks streams, tables, buckets and queues. */
export async function* checkPlaces(deployment: Deployment): AsyncGenerator<Check> {
  for (const { name, streamArn } of deployment.places.sources.all) {
    if (streamArn !== undefined) yield checkStream(deployment, name, streamArn);
  }
  const { tables, dayTables, lake } = deployment.places;
  for (const [table, TableName] of Object.entries({ ...tables, ...dayTables })) {
    yield checkTable(deployment, table, TableName);
  }
  yield checkBucket(deployment, 'quarantine', deployment.places.quarantineBucket);
  yield checkBucket(deployment, 'closed days', lake.lake);
  yield checkBucket(deployment, 'accounts of closed days', lake.accounts);
  for (const { name, bucket } of deployment.places.sources.all) {
    if (bucket !== undefined) yield checkBucket(deployment, `files of ${name}`, bucket);
  }
  if (deployment.places.queues !== undefined)
    yield checkDeadLetters(deployment, deployment.places.queues.deadLetters);
}

function checkStream({ kinesis }: Deployment, source: string, StreamARN: string): Promise<Check> {
  return check(`stream of ${source}`, async () => {
    const { StreamDescriptionSummary: stream } = await kinesis.send(
      new DescribeStreamSummaryCommand({ StreamARN }),
    );
    const hours = stream?.RetentionPeriodHours;
    return stream?.StreamStatus === 'ACTIVE' || stream?.StreamStatus === 'UPDATING'
      ? reportOk(`active, keeps records for ${hours} hours`)
      : reportProblem(`is ${stream?.StreamStatus} and accepts no records: deploy the stack again`);
  });
}

function checkTable({ dynamoDb }: Deployment, table: string, TableName: string): Promise<Check> {
  return check(`table ${table}`, async () => {
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName }));
    return Table?.TableStatus === 'ACTIVE' || Table?.TableStatus === 'UPDATING'
      ? reportOk('active')
      : reportProblem(`is ${Table?.TableStatus} and stores nothing: see the DynamoDB console`);
  });
}

function checkBucket({ s3 }: Deployment, name: string, Bucket: string): Promise<Check> {
  return check(`bucket ${name}`, async () => {
    await s3.send(new HeadBucketCommand({ Bucket }));
    return reportOk('exists');
  });
}

function checkDeadLetters({ sqs }: Deployment, QueueUrl: string): Promise<Check> {
  return check('dead-letter queue', async () => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    const waiting = Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0);
    return waiting === 0
      ? reportOk('empty')
      : reportWarning(`${waiting} file notifications wait: simledger failures redrive imports their files`);
  });
}
