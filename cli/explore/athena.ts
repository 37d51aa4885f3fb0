import { setTimeout as wait } from 'node:timers/promises';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  InvalidRequestException,
  type QueryExecution,
  type ResultSet,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { AttentionError, UsageError } from '../../lambda/errors.ts';
import { athenaDialect } from '../../lambda/queries/explore/sql.ts';
import type { Access, LakeCatalog } from '../deployment/deployment.ts';
import { printBytes } from '../terminal/quantities.ts';
import { findValueKind, type Readable, type SqlAnswer, type SqlEngine, type SqlValue } from './engine.ts';

/** Athena on a stack's lake, in the stack's workgroup, which limits how much a query may read. */

/** Milliseconds between checks whether a query has ended: at first, and at most. */
const firstPause = 200;
const maxPause = 2_000;

/** US dollars per 10^12 bytes, and the minimum that each query counts: the prices of us-east-1. */
const dollarsPerTerabyte = 5;
const minBilledBytes = 10_000_000;

/** SQL that Athena may run: other statements write. */
const reading = /^(?:\s|\(|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:select|with|values|table)\b/i;

/** Answers with Athena. */
export class AthenaEngine implements SqlEngine {
  readonly dialect = athenaDialect;
  readonly #client: AthenaClient;
  readonly #catalog: LakeCatalog;

  constructor(access: Access, catalog: LakeCatalog) {
    this.#client = new AthenaClient(access);
    this.#catalog = catalog;
  }

  async ask(sql: string, { kind, signal }: Readable): Promise<SqlAnswer> {
    if (!reading.test(sql)) throw new UsageError('--sql only reads: give one SELECT');
    const { database, workGroup } = this.#catalog;
    const { QueryExecutionId: id } = await this.#client
      .send(
        new StartQueryExecutionCommand({
          QueryString: sql,
          QueryExecutionContext: { Database: database },
          WorkGroup: workGroup,
        }),
      )
      .catch((error: unknown) => {
        throw error instanceof InvalidRequestException
          ? new UsageError(`Athena refuses the query: ${error.message}`, { cause: error })
          : error;
      });
    const execution = await this.#awaitEnd(id ?? '', signal);
    const { State: state, StateChangeReason: reason } = execution.Status ?? {};
    if (state !== 'SUCCEEDED') {
      const sentence = `Athena did not answer the query: ${reason ?? state ?? 'no reason given'}`;
      throw kind === undefined ? new UsageError(sentence) : new AttentionError(sentence);
    }
    const results = this.#readResults(id ?? '');
    const first = await results.next();
    const columns = first.done === true ? [] : listColumns(first.value);
    return {
      columns,
      rows: readPages(first.done === true ? undefined : first.value, results),
      price: describePrice(execution.Statistics?.DataScannedInBytes ?? 0),
    };
  }

  /** Waits until a query has ended. Ctrl-C stops the query, since it costs money. */
  async #awaitEnd(id: string, signal: AbortSignal): Promise<QueryExecution> {
    const stop = (): void => {
      // The command ends anyway, and a query that cannot be stopped ends at the workgroup's limit.
      this.#client.send(new StopQueryExecutionCommand({ QueryExecutionId: id })).catch(() => undefined);
    };
    signal.addEventListener('abort', stop);
    try {
      for (let pause = firstPause; ; pause = Math.min(2 * pause, maxPause)) {
        signal.throwIfAborted();
        const { QueryExecution: execution = {} } = await this.#client.send(
          new GetQueryExecutionCommand({ QueryExecutionId: id }),
        );
        const state = execution.Status?.State;
        if (state !== 'QUEUED' && state !== 'RUNNING') return execution;
        await wait(pause);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async *#readResults(id: string): AsyncGenerator<ResultSet> {
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new GetQueryResultsCommand({
          QueryExecutionId: id,
          ...(token !== undefined && { NextToken: token }),
        }),
      );
      yield page.ResultSet ?? {};
      token = page.NextToken;
    } while (token !== undefined);
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }
}

function listColumns({ ResultSetMetadata: metadata }: ResultSet): SqlAnswer['columns'] {
  return (metadata?.ColumnInfo ?? []).map(({ Name: name = '', Type: type = '' }) => ({
    name,
    kind: findValueKind(type),
  }));
}

/** The rows of all pages. The first row of the first page has the column names. */
async function* readPages(
  first: ResultSet | undefined,
  others: AsyncIterable<ResultSet>,
): AsyncGenerator<readonly (readonly SqlValue[])[]> {
  if (first === undefined) return;
  yield readRows(first).slice(1);
  for await (const page of others) yield readRows(page);
}

function readRows({ Rows: rows = [] }: ResultSet): SqlValue[][] {
  return rows.map(({ Data: cells = [] }) => cells.map(({ VarCharValue: value }) => value ?? null));
}

function describePrice(bytes: number): string {
  const dollars = (Math.max(bytes, minBilledBytes) / 1e12) * dollarsPerTerabyte;
  const cost = dollars < 0.01 ? 'less than $0.01' : `about $${dollars.toFixed(2)}`;
  return `Athena read ${printBytes(bytes)}: ${cost}`;
}
