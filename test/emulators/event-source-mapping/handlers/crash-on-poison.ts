import type { KinesisStreamEvent } from 'aws-lambda';

/** A handler whose process does not survive the record `poison`. */
export async function handler(event: KinesisStreamEvent): Promise<void> {
  for (const record of event.Records) {
    if (Buffer.from(record.kinesis.data, 'base64').toString() === 'poison') process.exit(1);
  }
}
