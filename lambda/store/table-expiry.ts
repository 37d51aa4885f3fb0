import {
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { ExpirySwitch } from '../days/fence/usage-expiry.ts';

/** Reads and switches whether DynamoDB deletes a table's expired items. */
export class TableExpiry implements ExpirySwitch {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #attribute: string;

  /** @param attribute the attribute that holds when an item expires, in seconds since the epoch. */
  constructor(client: DynamoDBClient, tableName: string, attribute: string) {
    this.#client = client;
    this.#tableName = tableName;
    this.#attribute = attribute;
  }

  async isOn(): Promise<boolean> {
    const { TimeToLiveDescription: found } = await this.#client.send(
      new DescribeTimeToLiveCommand({ TableName: this.#tableName }),
    );
    const status = found?.TimeToLiveStatus;
    return status === 'ENABLED' || status === 'ENABLING';
  }

  /** @throws what DynamoDB throws: it accepts one change an hour. The next pass tries again. */
  async turn(on: boolean): Promise<void> {
    await this.#client.send(
      new UpdateTimeToLiveCommand({
        TableName: this.#tableName,
        TimeToLiveSpecification: { AttributeName: this.#attribute, Enabled: on },
      }),
    );
  }
}
