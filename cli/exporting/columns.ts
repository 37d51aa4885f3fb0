import {
  originAttributes,
  sessionOriginAttributes,
  sessionSchema,
  simSchema,
} from '../../lambda/store/schema.ts';

/** What of each table is exported, and by which attribute its time is known. */
export interface ExportedTable {
  readonly name: 'sessions' | 'usage' | 'events' | 'sims';
  /** Columns of the CSV, in order. JSON lines have every attribute. */
  readonly columns: readonly string[];
  /** Undefined where items have no time of their own: all are exported. */
  readonly time: string | undefined;
}

const origin = originAttributes.map(({ name }) => name);

function attributesOf(schema: typeof sessionSchema | typeof simSchema): string[] {
  return schema.flatMap(({ attributes }) => attributes.map(({ name }) => name));
}

/** When groups of attributes were observed, and how full a statement was, is the ledger's own affair. */
export const exportedTables: readonly ExportedTable[] = [
  {
    name: 'sessions',
    columns: [
      ...['sim', 'sessionId', 'status', 'start', 'startStated', 'end', 'lastUpdated'],
      ...[...sessionOriginAttributes.map(({ name }) => name), ...attributesOf(sessionSchema)],
    ],
    time: 'start',
  },
  {
    name: 'usage',
    columns: [
      ...['sim', 'usageId', 'recordId', 'start', 'end', 'sessionId', 'trafficType', 'dataUploaded'],
      ...[
        'dataDownloaded',
        'dataTotal',
        'messages',
        'messagesTx',
        'messagesRx',
        'volume',
        'cost',
        'currency',
      ],
      ...['costVolume', 'operatorName', 'mcc'],
      ...['mnc', 'country', 'radio', 'apn', 'imei', 'imsi', 'tariff', 'rateZone', 'dataModifier', 'extra'],
      ...['writtenImei', 'observedAt', 'sessionUploaded', 'sessionDownloaded', 'sessionTotal', ...origin],
    ],
    time: 'start',
  },
  {
    name: 'events',
    columns: [
      ...['sim', 'eventKey', 'eventId', 'time', 'type', 'carrierType', 'severity', 'alert', 'description'],
      ...['detail', 'sessionId', 'radio', 'ratType', 'mcc', 'mnc', 'operatorName', 'country', 'cellId'],
      ...['imsi', 'extra', 'expiresAt', ...origin],
    ],
    time: 'time',
  },
  { name: 'sims', columns: ['sim', 'lastUpdated', ...origin, ...attributesOf(simSchema)], time: undefined },
];
