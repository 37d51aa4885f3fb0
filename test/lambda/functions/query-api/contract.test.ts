import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderClientTypes } from '../../../../bin/client-types.ts';
import {
  type Contract,
  makeExampleRequest,
  renderDocumentation,
} from '../../../../bin/documentation-page.ts';
import { identifyMute } from '../../../../lambda/alerts/mutes.ts';
import { AlertState } from '../../../../lambda/alerts/sweep/alert-state.ts';
import type { BillReader } from '../../../../lambda/bills/bill-reader.ts';
import type { Finding } from '../../../../lambda/days/findings/finding.ts';
import page from '../../../../lambda/functions/query-api/documentation.json' with { type: 'json' };
import inlined from '../../../../lambda/functions/query-api/openapi.json' with { type: 'json' };
import { operationParameters } from '../../../../lambda/functions/query-api/parameters.ts';
import { problemCodes } from '../../../../lambda/functions/query-api/problem.ts';
import { routes } from '../../../../lambda/functions/query-api/routes.ts';
import { carriers } from '../../../../lambda/ledger/source.ts';
import type { QuarantineList } from '../../../../lambda/queries/rejects.ts';
import { FilesTable } from '../../../../lambda/store/files.ts';
import { FindingsTable } from '../../../../lambda/store/findings.ts';
import { MutesTable } from '../../../../lambda/store/mutes.ts';
import { alertStateTable, findingsTable } from '../../../../lambda/store/tables.ts';
import { billedSim, makeBilledUsage, makeExampleBill } from '../../bills/example-bill.ts';
import {
  makeEpisode,
  makeGroup,
  makeSourceAlert,
  storeEpisodes,
  storeShared,
} from '../../queries/stored-alerts.ts';
import { runningTables } from '../../store/running-tables.ts';
import { apiOver, now, type ReadAnswer, send, takeExamples } from './api-under-test.ts';

/** `openapi.yaml` and the handler, tested against each other in both directions. */

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly example?: string | boolean;
  readonly schema: {
    readonly enum?: readonly string[];
    readonly default?: unknown;
    readonly minimum?: number;
    readonly pattern?: string;
  };
}

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<
    Record<string, { $ref?: string; content?: Record<string, { schema: object; example?: object }> }>
  >;
}

const document: unknown = parse(readFileSync(new URL('../../../../openapi.yaml', import.meta.url), 'utf8'));
/** The output of `npm run openapi`. */
const rendered = document as Contract;
const contract = document as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Operation['responses'];
    readonly schemas: Readonly<Record<string, object>>;
  };
};

const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function parametersIn({ parameters = [] }: Operation, place: Parameter['in']): Parameter[] {
  return parameters
    .map((parameter) =>
      parameter.$ref === undefined
        ? parameter
        : (contract.components.parameters[parameter.$ref.split('/').at(-1) ?? ''] ?? parameter),
    )
    .filter((parameter) => parameter.in === place);
}

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'contract', components: contract.components, ...{ paths: {} } }, 'contract');
ajv.addVocabulary(['components', 'paths']);

/** The errors of an answer by the contract's schema for its status. */
function faultsOf(operation: Operation, { status, body, headers }: ReadAnswer): unknown[] {
  const stated = operation.responses[String(status)];
  if (stated === undefined) return [`the status ${status} is not documented: ${JSON.stringify(body)}`];
  const response =
    stated.$ref === undefined ? stated : contract.components.responses[stated.$ref.split('/').at(-1) ?? ''];
  const type = headers['content-type']?.split(';')[0] ?? '';
  const schema = response?.content?.[type]?.schema;
  if (schema === undefined) return [`${type} is not documented for ${status}`];
  if (type !== 'application/json') return [];
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"contract#/')));
  return validate(body) ? [] : (validate.errors ?? []);
}

describe('the contract', () => {
  it('has the types of the console’s client, which `npm run openapi` generates', async () => {
    const types = readFileSync(new URL('../../../../console/api/schema.ts', import.meta.url), 'utf8');
    expect(types).toBe(await renderClientTypes(contract));
  });

  it('is in the function’s files, which `npm run openapi` generates', () => {
    expect(inlined).toEqual(contract);
    expect(contract.openapi).toBe('3.1.0');
    expect(page).toEqual(renderDocumentation(rendered));
  });

  it('documents exactly the existing routes, their operations, and which need credentials', () => {
    const documented = operations.map(({ path, method, operation }) => ({
      path,
      method,
      operation: operation.operationId,
      protected: operation.security === undefined,
    }));
    expect(documented).toEqual(routes.map((route) => ({ ...route, method: 'get' })));
  });

  it.each(operations.map(({ operation }) => [operation.operationId, operation] as const))(
    'documents exactly the query parameters of %s',
    (name, operation) => {
      const taken = operationParameters[name as keyof typeof operationParameters];
      const documented = parametersIn(operation, 'query').map((parameter) => parameter.name);
      expect(documented.sort()).toEqual(Object.keys(taken).sort());
    },
  );

  it.each(operations.map(({ path, operation }) => [path, operation] as const))(
    'documents the path parameters of %s',
    (path, operation) => {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parametersIn(operation, 'path').map(({ name }) => name)).toEqual(named);
    },
  );

  it.each(
    operations.flatMap(({ operation }) =>
      parametersIn(operation, 'query').map(
        (parameter) => [operation.operationId, parameter.name, parameter] as const,
      ),
    ),
  )(
    'documents for %s the accepted %s: examples, words, defaults and minimums',
    (operation, name, parameter) => {
      const kinds: Readonly<Record<string, { parse(text: string): unknown }>> =
        operationParameters[operation as keyof typeof operationParameters];
      const { schema, example } = parameter;
      const stated = [example, ...(schema.enum ?? []), schema.default, schema.minimum].filter(
        (value) => value !== undefined,
      );
      const refused = stated.filter((value) => kinds[name]?.parse(String(value)) === undefined);
      expect(refused).toEqual([]);
      expect(kinds[name]?.parse('')).toBeUndefined();
      if (schema.minimum !== undefined) {
        expect(kinds[name]?.parse(String(schema.minimum - 1))).toBeUndefined();
      }
    },
  );

  it('documents exactly the existing error codes', () => {
    const { properties } = contract.components.schemas['Problem'] as {
      properties: { code: { enum: number[]; description: string } };
    };
    expect(properties.code.enum).toEqual(Object.values(problemCodes));
    for (const code of properties.code.enum) expect(properties.code.description).toContain(String(code));
  });

  it('names every carrier, as `npm run openapi` writes them', () => {
    expect(contract.components.schemas['Carrier']).toMatchObject({ enum: carriers });
  });
});

/** A quarantine with one object. */
const quarantine: QuarantineList = {
  list: async () => ({
    objects: [
      {
        key: 'rejects/kore/broken-json/5f1d3e0c9a6b47d28e30f4a1b2c3d4e5.jsonl',
        bytes: 412,
        keptAt: Date.parse('2026-11-02T09:00:00Z'),
      },
    ],
    isEnd: true,
  }),
};

describe('the answers', () => {
  const tables = runningTables();
  let bills: BillReader;

  beforeAll(async () => {
    const megabytes = ['0.5', '1.25'].map((volume, index) =>
      makeBilledUsage({ recordId: String(index), volume, mcc: '262', mnc: '03' }),
    );
    bills = (await makeExampleBill(megabytes, now)).bills;
    await takeExamples(tables.client);
    const files = new FilesTable(tables.client, 'Files');
    await files.write({
      object: 'bucket/folder/cdr_20261102_130000.csv@v1',
      source: '1nce',
      carrier: '1nce',
      state: 'failed',
      rows: 9,
      accepted: 7,
      rejected: 2,
      position: 3_923,
      size: 3_923,
      delivered: '2026-11-02T13:00:00.000Z',
      reason: 'It has no column id',
    });
    await storeEpisodes(tables.client, [makeEpisode(), member]);
    await storeShared(tables.client, [makeGroup(), makeSourceAlert()]);
    await new FindingsTable(tables.client, findingsTable.name).put(
      [{ sim: finding.sim, day: '2026-11-02', findings: [finding] }],
      1,
    );
    await new AlertState(tables.client, alertStateTable.name).writeFleet({
      ...{ sims: 3, sources: ['1nce'], sweptAt: now - 60_000 },
      countries: [
        { country: undefined, mcc: undefined, sims: 1, silent: [0, 0, 0, 0, 0, 0] },
        { country: 'DE', mcc: undefined, sims: 1, silent: [1, 1, 0, 0, 0, 0] },
        { country: undefined, mcc: '262', sims: 1, silent: [1, 0, 0, 0, 0, 0] },
      ],
    });
    const scope = { rule: 'silent', sim: undefined, source: undefined };
    await new MutesTable(tables.client, alertStateTable.name).put({
      ...{ ...scope, id: identifyMute(scope) },
      until: '2026-11-03T20:00:00.000Z',
      reason: 'Van fleet in the workshop',
      createdAt: '2026-11-03T11:30:00.000Z',
    });
  });

  const finding: Finding = {
    ...{ sim: '8988307000000120011', findingId: '0f9a1e62c4f7d9f1f6f8bd1b7f5b6a2c' },
    ...{ check: 'chain', reason: 'missing-windows', source: 'kore', carrier: 'kore' },
    ...{ sessionId: 'PI00000000000000000000000000000001', bytes: 4096, cost: undefined, currency: undefined },
    ...{ start: '2026-11-02T10:06:00.000Z', end: '2026-11-02T10:12:00.000Z' },
    records: 'EZ00000000000000000000000000000002 EZ00000000000000000000000000000004',
  };
  const member = makeEpisode({ id: 'c'.repeat(32), rule: 'lost-vans', group: makeGroup().id });
  const file = Buffer.from('bucket/folder/cdr_20261102_130000.csv@v1').toString('base64url');
  const sims = ['8988307000000120011', '8988280666001000101', '8988303000000100001', '8988228066700001001'];
  const asked: readonly [string, string[]][] = [
    [
      '/v1/Sims',
      ['', '?PageSize=2', '?Include=imsi,ip_address,detail', '?Status=active&Online=true&Name=TRACK'],
    ],
    ['/v1/Sims/{sim}', ['', '?Include=imsi,ip_address']],
    ['/v1/Sims/{sim}/DataSessions', ['', '?PageSize=1', '?Status=ended', '?Include=imsi,ip_address']],
    [
      '/v1/Sims/{sim}/UsageRecords',
      [
        '',
        '?Granularity=hour&PageSize=2',
        '?Granularity=day',
        '?Granularity=raw',
        '?Granularity=raw&Include=imsi,detail',
      ],
    ],
    [
      '/v1/Sims/{sim}/ConnectionEvents',
      ['', '?PageSize=1&EventType=data-session.started', '?Include=detail'],
    ],
    ['/v1/Fleet', ['']],
    [
      '/v1/UsageRecords',
      [
        '',
        '?Group=sim,fleet,network,isoCountry,source,tariff,zone,trafficType&Granularity=day',
        '?Granularity=hour&PageSize=1&Network=262-01&IsoCountry=de',
        '?Group=sim&Order=bytes&PageSize=1',
        '?Sim=8988307000000120011&Group=fleet',
        '?Sim=nowhere',
      ],
    ],
    ['/v1/Files', ['', '?Source=1nce&State=failed']],
    ['/v1/Files/{id}', ['']],
    ['/v1/Rejects', ['', '?Source=kore&Code=broken-json&PageSize=1', '?Code=none']],
    ['/v1/Alerts', ['', '?State=open&Severity=critical&Rule=silent&Sim=8988280666001000101&PageSize=1']],
    ['/v1/Alerts/{id}', ['']],
    ['/v1/Findings', ['', '?Check=chain&Source=kore&Sim=8988307000000120011&PageSize=1', '?Sim=nowhere']],
    ['/v1/Bills', ['', '?PageSize=1']],
    ['/v1/Bills/{month}', ['']],
    ['/v1/Bills/{month}/Lines', ['', '?PageSize=1', `?Sim=${billedSim}`, '?Sim=nowhere']],
    ['/openapi.json', ['']],
    ['/docs', ['']],
    ['/health', ['']],
  ];

  it.each(asked)('of %s match the contract, errors included', async (path, queries) => {
    const operation = contract.paths[path]?.['get'];
    if (operation === undefined) throw new Error(`${path} is not documented`);
    const alerts = [makeEpisode(), makeGroup(), makeSourceAlert()].map(({ id }) => id);
    const named: Readonly<Record<string, readonly string[]>> = { Alerts: alerts, Bills: ['2026-10'] };
    const names = path.includes('{sim}') ? sims : (named[path.split('/')[2] ?? ''] ?? [file]);
    const api = apiOver(tables.client, { bills, quarantine });
    const statuses = new Set<number>();
    const faults: unknown[] = [];
    const check = async (address: string, sending = {}): Promise<void> => {
      const answer = await send(api, address, sending);
      statuses.add(answer.status);
      const found = faultsOf(operation, answer);
      if (found.length > 0) faults.push({ address, found });
    };
    for (const name of names) {
      const address = path.replace(/\{\w+\}/, name);
      for (const query of queries) await check(`${address}${query}`);
    }
    await check(`${path.replace(/\{\w+\}/, names[0] ?? '')}?Unknown=1`);
    await check(path.replace(/\{\w+\}/, names[0] ?? ''), { authorization: 'Basic bm8=' });
    if (path.includes('{')) await check(path.replace(/\{\w+\}/, 'nowhere'));
    expect(faults).toEqual([]);
    const documented = Object.keys(operation.responses).map(Number);
    expect([...statuses].sort()).toEqual(documented.filter((status) => status !== 429));
  });

  /** Requests whose answer is the document itself. */
  const documents = ['/openapi.json', '/docs'];
  const examples = operations.map(({ path, operation }) => {
    const { example } = operation.responses['200']?.content?.['application/json'] ?? {};
    return [path, operation, example] as const;
  });

  it('each have an example, except the document itself', () => {
    const without = examples.filter(([, , example]) => example === undefined).map(([path]) => path);
    expect(without).toEqual(documents);
  });

  it.each(examples.filter(([path]) => !documents.includes(path)))(
    'of the example records to %s are its example, which matches the schema',
    async (path, operation, example = {}) => {
      const answer = await send(
        apiOver(tables.client, { bills, quarantine }),
        makeExampleRequest(rendered, path),
      );
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: example });
      expect(faultsOf(operation, { ...answer, body: { ...example } })).toEqual([]);
    },
  );

  it('show the finding that an alert is based on', async () => {
    const at = Date.parse('2026-11-02');
    const begin = { table: 'Findings', key: finding.findingId, at } as const;
    const alert = makeEpisode({
      ...{ id: 'd'.repeat(32), rule: 'lost', kind: 'finding', sim: finding.sim, from: at },
      evidence: { begin, before: undefined, last: begin, end: undefined, count: 1 },
    });
    await storeEpisodes(tables.client, [alert]);
    const api = apiOver(tables.client);
    const { body } = await send(api, `/v1/Alerts/${alert.id}`);
    const { url, ...shown } = (body as { evidence: { begin: { url: string } } }).evidence.begin;
    expect(shown).toEqual({ type: 'finding', key: finding.findingId, time: '2026-11-02T00:00:00.000Z' });
    const list = await send(api, url.slice('https://api.example.com'.length));
    expect((list.body as { findings: { id: string }[] }).findings.map(({ id }) => id)).toEqual([
      finding.findingId,
    ]);
  });

  it('cover every documented route', () => {
    expect(asked.map(([path]) => path)).toEqual(Object.keys(contract.paths));
  });
});
