import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { environment } from '../lambda/names.ts';
import type { Source } from '../lambda/sources.ts';
import { type Configuration, logicalName } from './configuration.ts';
import { FileIngest } from './file-ingest.ts';
import { CarrierSource } from './source.ts';
import { Storage } from './storage.ts';
import { StreamIngest } from './stream-ingest.ts';

/** Everything that one deployment of simledger consists of. It names no account, no region and no physical name. */
export class SimledgerStack extends Stack {
  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id, { description: 'simledger: the ledger of what cellular-IoT carriers push' });
    const removalPolicy = configuration.removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
    const { streamRetentionHours } = configuration;

    const storage = new Storage(this, 'Storage', { removalPolicy });
    const sources = configuration.sources.map(
      (source) => new CarrierSource(this, sourceId(source), { source, streamRetentionHours, removalPolicy }),
    );
    const ledgerEnvironment = {
      ...storage.ledgerEnvironment,
      [environment.sources]: this.toJsonString(sources.map((source) => source.description)),
      [environment.eventRetentionDays]: String(configuration.eventRetentionDays),
    };
    const ways = { sources, storage, environment: ledgerEnvironment, removalPolicy };
    new StreamIngest(this, 'StreamIngest', ways);
    new FileIngest(this, 'FileIngest', ways);

    for (const source of sources) this.#showSource(source);
    this.#showStorage(storage);
  }

  #showSource({ node, stream, bucket, description: { name } }: CarrierSource): void {
    this.#show(`${node.id}Stream`, `Stream for the records of source ${name}`, stream.streamName);
    this.#show(`${node.id}Bucket`, `Bucket for the CSV files of source ${name}`, bucket.bucketName);
  }

  #showStorage(storage: Storage): void {
    this.#show('SessionsTable', 'Data sessions', storage.sessions.tableName);
    this.#show('UsageTable', 'Usage records', storage.usage.tableName);
    this.#show('EventsTable', 'Events', storage.events.tableName);
    this.#show('SimsTable', 'What is known of each SIM now', storage.sims.tableName);
    this.#show('FilesTable', 'Manifests of imported files', storage.files.tableName);
    this.#show('QuarantineBucket', 'Rejected bytes and failed batches', storage.quarantine.bucketName);
  }

  #show(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value });
  }
}

function sourceId(source: Source): string {
  return `Source${logicalName(source)}`;
}
