import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance, Json } from '@duckdb/node-api';
import { type ColumnKind, listRowColumns } from '../../lambda/days/columns.ts';
import type { Day } from '../../lambda/days/day.ts';
import type { Manifest } from '../../lambda/days/manifest.ts';
import { AttentionError, toError, UnreachableError, UsageError } from '../../lambda/errors.ts';
import { duckDbDialect, writeText } from '../../lambda/queries/explore/sql.ts';
import { findSubject } from '../../lambda/queries/explore/terms.ts';
import { type ExploredKind, exploredKinds } from '../../lambda/queries/explore/words.ts';
import project from '../../package.json' with { type: 'json' };
import { findValueKind, type Readable, type SqlAnswer, type SqlEngine, type SqlValue } from './engine.ts';
import type { LakeFiles } from './lake-files.ts';

/**
 * DuckDB on files of the lake, in memory. SQL that the user wrote can read only the files of the requested days: no
 * other file, no network, no extension. It must be one SELECT.
 */

type DuckDb = typeof import('@duckdb/node-api');

/** The DuckDB type of each kind of column. */
const types: Readonly<Record<ColumnKind, string>> = {
  text: 'VARCHAR',
  decimal: 'VARCHAR',
  time: 'TIMESTAMP',
  whole: 'BIGINT',
  degrees: 'DOUBLE',
  flag: 'BOOLEAN',
};

/**
 * Loads DuckDB's bindings.
 *
 * @throws UnreachableError that says how to install them.
 */
export async function loadDuckDb(
  load: () => Promise<DuckDb> = () => import('@duckdb/node-api'),
): Promise<DuckDb> {
  try {
    return await load();
  } catch (error) {
    const version = project.devDependencies['@duckdb/node-api'];
    throw new UnreachableError(
      `Cannot load DuckDB, which runs the query: run npm install --no-save @duckdb/node-api@${version} in the folder of simledger (${toError(error).message.split('\n')[0]})`,
      { cause: error },
    );
  }
}

/** What a DuckDB query runs on. */
export interface DuckDbSource {
  readonly lake: LakeFiles;
  /** The days that may be read. */
  readonly sealed: ReadonlyMap<Day, Manifest>;
  /** Returns DuckDB if it is already loaded, which saves milliseconds. */
  readonly load?: (() => Promise<DuckDb>) | undefined;
}

/** Answers with DuckDB. */
export class DuckDbEngine implements SqlEngine {
  readonly dialect = duckDbDialect;
  readonly #source: DuckDbSource;
  #opened: { readonly instance: DuckDBInstance; readonly folder: string } | undefined;

  constructor(source: DuckDbSource) {
    this.#source = source;
  }

  async ask(sql: string, { days, kind, signal }: Readable): Promise<SqlAnswer> {
    const duckDb = await loadDuckDb(this.#source.load);
    const folder = await mkdtemp(join(tmpdir(), 'simledger-explore-'));
    // After Ctrl-C, nothing waits for the folder.
    signal.addEventListener('abort', () => rmSync(folder, { recursive: true, force: true }));
    const instance = await duckDb.DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: '1GB',
      temp_directory: join(folder, 'spilled'),
      max_temp_directory_size: '20GB',
    });
    this.#opened = { instance, folder };
    const connection = await instance.connect();
    signal.addEventListener('abort', () => connection.interrupt());
    const kinds = kind === undefined ? listNamedKinds(connection, sql) : [kind];
    await this.#makeViews(connection, { kinds, days, folder });
    const refuse = (error: unknown): never => {
      const { message } = toError(error);
      const tables = /^Catalog Error: Table/.test(message) ? `. Tables are ${tableNames.join(', ')}` : '';
      const sentence = `DuckDB refuses the query: ${message.trimEnd()}${tables}`;
      throw kind === undefined ? new UsageError(sentence) : new AttentionError(sentence, { cause: error });
    };
    // DuckDB's message about a text without a statement is not understandable.
    if (/^[\s;]*$/.test(sql)) throw new UsageError('--sql is empty: give one SELECT');
    const statements = await connection.extractStatements(sql).catch(refuse);
    if (statements.count !== 1)
      throw new UsageError(`--sql has ${statements.count} statements: give one SELECT`);
    const statement = await statements.prepare(0).catch(refuse);
    if (statement.statementType !== duckDb.StatementType.SELECT) {
      throw new UsageError('--sql only reads: give one SELECT');
    }
    const result = await statement.stream().catch(refuse);
    return {
      columns: result.columnNames().map((name, index) => ({
        name,
        kind: findValueKind(String(result.columnType(index))),
      })),
      rows: readChunks(result.yieldRowsJson(), refuse),
    };
  }

  /** Makes the views of some kinds, then removes all other access. */
  async #makeViews(
    connection: DuckDBConnection,
    {
      kinds,
      days,
      folder,
    }: { readonly kinds: readonly ExploredKind[]; readonly days: readonly Day[]; readonly folder: string },
  ): Promise<void> {
    const { lake, sealed } = this.#source;
    const allowed = [folder];
    for (const kind of kinds) {
      const { rows, table } = findSubject(kind);
      const files = days
        .flatMap((day) => sealed.get(day)?.files ?? [])
        .filter((file) => file.kind === rows && file.key.startsWith(`${table.replaceAll('_', '-')}/`));
      const paths = await lake.provide(files, folder);
      allowed.push(...paths);
      await connection.run(writeView(kind, paths));
    }
    const paths = allowed.map((path) => writeText(path.replaceAll('\\', '/'))).join(', ');
    await connection.run(
      `SET allowed_paths = [${paths}]; SET allowed_directories = [${writeText(join(folder, 'spilled'))}]; SET enable_external_access = false; SET lock_configuration = true`,
    );
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    opened.instance.closeSync();
    rmSync(opened.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The tables that a query may name. */
const tableNames = exploredKinds.map((kind) => findSubject(kind).table);

/** The kinds whose tables a query names. SQL that cannot be parsed names none, and is refused later. */
function listNamedKinds(connection: DuckDBConnection, sql: string): readonly ExploredKind[] {
  let names: readonly string[];
  try {
    names = connection.getTableNames(sql, false).map((name) => name.toLowerCase());
  } catch {
    return exploredKinds;
  }
  return exploredKinds.filter((kind) => names.includes(findSubject(kind).table));
}

/** A view with all columns of a kind, even if no file has rows or a file is older than a column. */
function writeView(kind: ExploredKind, paths: readonly string[]): string {
  const { rows, table } = findSubject(kind);
  const columns = listRowColumns(rows).map(({ name, kind: type }) => `NULL::${types[type]} AS "${name}"`);
  const empty = `SELECT ${[...columns, 'NULL::VARCHAR AS day'].join(', ')} WHERE false`;
  if (paths.length === 0) return `CREATE VIEW ${table} AS ${empty}`;
  const files = paths.map((path) => writeText(path.replaceAll('\\', '/'))).join(', ');
  return `CREATE VIEW ${table} AS ${empty} UNION ALL BY NAME SELECT * FROM read_parquet([${files}], union_by_name = true, hive_partitioning = true, hive_types = { 'day': VARCHAR })`;
}

async function* readChunks(
  chunks: AsyncIterable<readonly (readonly Json[])[]>,
  refuse: (error: unknown) => never,
): AsyncGenerator<readonly (readonly SqlValue[])[]> {
  try {
    for await (const rows of chunks) yield rows.map((row) => row.map(readValue));
  } catch (error) {
    refuse(error);
  }
}

/** Lists and structures become text in an answer. */
function readValue(value: Json): SqlValue {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
