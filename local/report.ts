import { join } from 'node:path';
import { type DynamoDBClient, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import Table from 'cli-table3';
import { type AlertSims, describeAlertSims } from '../cli/terminal/alert-sims.ts';
import { formatTotals } from '../cli/terminal/figures.ts';
import { count } from '../cli/terminal/progress.ts';
import type { AlertTransition } from '../lambda/alerts/delivery/transition.ts';
import { writeHeadline } from '../lambda/alerts/delivery/wording.ts';
import { makeWebhookPath } from '../lambda/functions/webhook-receiver/routes.ts';
import type { Alert } from '../lambda/queries/alerts.ts';
import type { BillSummary } from '../lambda/queries/bills.ts';
import { readNumber, readText } from '../lambda/store/item-attributes.ts';
import type { Item } from '../lambda/store/items.ts';
import type { RejectLine } from '../lambda/store/quarantine.ts';
import { sessionsTable, simsTable, usageTable } from '../lambda/store/tables.ts';
import type { LocalLedger } from './ledger-interface.ts';
import type { ApiCredentials, LocalOptions } from './options.ts';
import { localSources, quarantineBucket } from './places.ts';
import { makePrintable } from './printable.ts';
import type { Receipts } from './receipts.ts';

/** What the local run prints about the ledger. */

/** How many SIMs the report shows. */
const maxSims = 20;
/** How many sessions it shows of each, latest first. */
const maxSessions = 3;
const maxRejects = 12;
/** How many usage items of a SIM are added up; use the API for more. */
const maxUsage = 10_000;

/** Receipts, by source. */
export function formatReceipt(receipts: Receipts): string {
  const table = makeTable(['source', 'received', 'stored', 'repeated', 'ignored', 'rejected']);
  for (const [source, receipt] of receipts.listEntries()) table.push([source, ...counts(receipt)]);
  table.push(['all', ...counts(receipts.addUp())]);
  return table.toString();
}

function counts(receipt: ReturnType<Receipts['addUp']>): string[] {
  const { received, stored, repeated, ignored, rejected } = receipt;
  return [received, stored, repeated, ignored, rejected].map(count);
}

/** SIMs, with their latest sessions and their usage. */
export async function formatLedger(client: DynamoDBClient): Promise<string> {
  const answer = await client.send(new ScanCommand({ TableName: simsTable.name, Limit: maxSims + 1 }));
  const items = answer.Items ?? [];
  if (items.length === 0) return 'The ledger is empty.';
  const table = makeTable(['SIM', 'carrier', 'name', 'sessions, latest first', 'bytes', 'SMS', 'last event']);
  for (const item of items.slice(0, maxSims)) table.push(await formatSimRow(client, item));
  const more = items.length > maxSims ? `\nand more: the first ${maxSims} SIMs are shown` : '';
  return `${table.toString()}${more}`;
}

async function formatSimRow(client: DynamoDBClient, sim: Item): Promise<string[]> {
  const key = readText(sim, simsTable.partitionKey);
  const sessions = await readItems(client, sessionsTable.name, key, { index: true, limit: maxSessions + 1 });
  const usage = await readItems(client, usageTable.name, key, { index: false, limit: maxUsage });
  const shown = sessions.slice(0, maxSessions).map(formatSessionLine);
  return [
    makePrintable(key),
    readPrintable(sim, 'carrier'),
    readPrintable(sim, 'simName'),
    sessions.length > maxSessions ? [...shown, '…'].join('\n') : shown.join('\n'),
    count(sum(usage, 'dataTotal')),
    count(sum(usage, 'messages')),
    readPrintable(sim, 'lastEvent'),
  ];
}

/** For example `open 2026-01-02 03:04 to …, DE Telekom, 1,234 bytes`. */
function formatSessionLine(session: Item): string {
  const total = session['dataTotal']?.N;
  const network = [readPrintable(session, 'country'), readPrintable(session, 'operatorName')]
    .filter((part) => part !== '')
    .join(' ');
  const parts = [
    `${readPrintable(session, 'status').padEnd(6)} ${formatMinute(readPrintable(session, 'start'))}`,
    network,
    total === undefined ? '' : `${count(Number(total))} B`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** A table of rejects. */
export function rejectTable(lines: readonly string[]): string {
  const table = makeTable(['source', 'code', 'reason', 'position']);
  for (const line of lines.slice(0, maxRejects)) {
    const { source, code, reason, position } = JSON.parse(line) as RejectLine;
    table.push([source, code, shortenText(reason, 60), shortenText(position, 44)]);
  }
  const more = lines.length > maxRejects ? `\nand ${count(lines.length - maxRejects)} more` : '';
  return `${table.toString()}${more}`;
}

/** How many messages of a sweep are shown. */
const maxMessages = 30;
/** How many open alerts are shown. */
const maxAlerts = 20;

/** The messages about alerts, one line each, with the time of the sweep. */
export function formatMessages(told: readonly AlertTransition[]): string[] {
  const lines = told
    .slice(0, maxMessages)
    .map(
      (transition) => `  ${formatMinute(transition.decidedAt)}  ${makePrintable(writeHeadline(transition))}`,
    );
  const more = told.length - lines.length;
  return more > 0 ? [...lines, `  and ${count(more)} more: npx simledger --local alerts list`] : lines;
}

/** An alert in the table of open alerts. */
export type ShownAlert = Pick<Alert, 'state' | 'start_time' | 'rule' | 'severity' | 'source'> & AlertSims;

/** A table of the open alerts, latest start first. */
export function openAlertsTable(alerts: readonly ShownAlert[]): string {
  const open = alerts.filter(({ state }) => state === 'open');
  if (open.length === 0) return 'No alert is open.';
  const table = makeTable(['since', 'rule', 'severity', 'source', 'SIM']);
  for (const alert of open.slice(0, maxAlerts)) {
    const { start_time: start, rule, severity, source } = alert;
    table.push([formatMinute(start), rule, severity, source ?? '', makePrintable(describeAlertSims(alert))]);
  }
  const more = open.length - maxAlerts;
  return more > 0 ? `${table.toString()}\nand ${count(more)} more` : table.toString();
}

/**
 * For example `The days from 2026-10-27 to 2026-11-01 are over and sealed.`, and how to query them while the run is up.
 *
 * @param sealed oldest first.
 */
export function describeSealedDays(
  sealed: readonly string[],
  { dataDirectory, once }: Pick<LocalOptions, 'dataDirectory' | 'once'>,
): string {
  const [first, last] = [sealed[0], sealed.at(-1)];
  if (first === undefined || last === undefined)
    return "No day is sealed, because none has ended by the records' time.";
  const days = first === last ? `The day ${first} is` : `The days from ${first} to ${last} are`;
  const files = dataDirectory === undefined ? '' : `, as Parquet files in ${join(dataDirectory, 'lake')}`;
  const month = last.slice(0, '2026-11'.length);
  return [
    `${days} over and sealed${files}.`,
    ...(once
      ? []
      : [
          '  days         npx simledger --local days list',
          `  fleet        npx simledger --local usage --fleet --by country,tariff --month ${month}`,
          `  missing      npx simledger --local findings --month ${month}`,
        ]),
  ].join('\n');
}

/**
 * For example `The bill of 2026-10 for 4 SIMs: 12.5 EUR.`, and how to query it while the run is up.
 *
 * @param bills latest month first.
 * @returns undefined if there is no bill.
 */
export function describeBills(
  bills: readonly BillSummary[],
  { once }: Pick<LocalOptions, 'once'>,
): string | undefined {
  const [newest] = bills;
  if (newest === undefined) return undefined;
  const sentences = bills.map(
    ({ month, sims, totals }) => `The bill of ${month} for ${count(sims)} SIMs: ${formatTotals(totals)}.`,
  );
  const commands = [
    `  bill         npx simledger --local bill --month ${newest.month} --by country`,
    `  stored       npx simledger --local bill --month ${newest.month} --stored`,
    '  tariffs      npx simledger --local tariff list   (of docs/tariffs: their prices are examples)',
  ];
  return [...sentences, ...(once ? [] : commands)].join('\n');
}

/** Where to look, and how to send something. */
export function describeEndpoints({ endpoints }: LocalLedger, { account, token }: ApiCredentials): string {
  const { stream, bucket } = localSources[0];
  return [
    'Where to look (any access key works: AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1)',
    `  tables       aws --endpoint-url ${endpoints.dynamoDb} dynamodb scan --table-name Sessions   (Usage, Events, Sims, Files)`,
    `  rejects      aws --endpoint-url ${endpoints.s3} s3 ls --recursive s3://${quarantineBucket}/`,
    `  API          curl -u ${account}:${token} ${endpoints.api}/v1/Sims   (documentation: ${endpoints.api}/docs)`,
    '  alerts       npx simledger --local alerts list',
    `  health       ${endpoints.api}/health`,
    'How to send',
    `  a record     aws --endpoint-url ${endpoints.kinesis} kinesis put-record --stream-name ${stream} --partition-key 1 --data fileb://record.json`,
    `  a file       aws --endpoint-url ${endpoints.s3} s3 cp cdr_20260101_000000.csv s3://${bucket}/`,
    `  as a carrier curl -u ${account}:${token} -H 'content-type: application/json' --data-binary @record.json ${endpoints.api}${makeWebhookPath(localSources[0].name)}`,
  ].join('\n');
}

/**
 * A SIM's items, latest first. Sessions are read by the index of starts, because their keys are not in order of time.
 */
async function readItems(
  client: DynamoDBClient,
  tableName: string,
  sim: string,
  { index, limit }: { index: boolean; limit: number },
): Promise<Item[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const answer = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'sim = :sim',
        ExpressionAttributeValues: { ':sim': { S: sim } },
        ScanIndexForward: false,
        Limit: limit - items.length,
        ...(index ? { IndexName: sessionsTable.localIndex.name, Select: 'ALL_ATTRIBUTES' } : {}),
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    items.push(...(answer.Items ?? []));
    from = answer.LastEvaluatedKey;
  } while (from !== undefined && items.length < limit);
  return items;
}

function makeTable(head: string[]): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [] } });
}

function readPrintable(item: Item, name: string): string {
  return makePrintable(readText(item, name));
}

function sum(items: readonly Item[], name: string): number {
  return items.reduce((total, item) => total + readNumber(item, name), 0);
}

function formatMinute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function shortenText(line: string, most: number): string {
  return makePrintable(line.length <= most ? line : `${line.slice(0, most - 1)}…`);
}
