import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeAlertEvent } from '../../../../lambda/alerts/delivery/cloud-event.ts';
import {
  alertKinds,
  evidenceTables,
  maxEvidence,
  maxMembers,
} from '../../../../lambda/alerts/delivery/transition.ts';
import { episodeStates, transitionKinds } from '../../../../lambda/alerts/episode.ts';
import { groupDimensions } from '../../../../lambda/alerts/groups.ts';
import { severities } from '../../../../lambda/alerts/rules.ts';
import { sourceCauses } from '../../../../lambda/alerts/shared-episodes.ts';
import { runs } from '../../../records/runs.ts';
import { anyTransition, transitionWith } from './transitions.ts';

type Schema = { readonly [key: string]: unknown };

const schema = JSON.parse(
  readFileSync(new URL('../../../../docs/alert-event.schema.json', import.meta.url), 'utf8'),
) as Schema;
const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

const context = { deployment: 'simledger', apiUrl: 'https://api.example.com' };
const contexts = fc.record({
  deployment: fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/),
  apiUrl: fc.constantFrom(undefined, 'https://api.example.com'),
});

/** The schema that a reference names, or the schema itself. */
function resolve(one: Schema): Schema {
  const { $ref } = one;
  if (typeof $ref !== 'string') return one;
  const definitions = schema['$defs'] as Readonly<Record<string, Schema>>;
  return definitions[$ref.replace('#/$defs/', '')] ?? {};
}

/** The paths of all members that a schema has. */
function listMembers(one: Schema, path = ''): string[] {
  const { properties, oneOf, items } = resolve(one);
  const below = Object.entries((properties ?? {}) as Readonly<Record<string, Schema>>).flatMap(
    ([name, member]) => [`${path}/${name}`, ...listMembers(member, `${path}/${name}`)],
  );
  const choices = ((oneOf ?? []) as readonly Schema[]).flatMap((choice) => listMembers(choice, path));
  const elements = items === undefined ? [] : listMembers(items as Schema, path);
  return [...new Set([...below, ...choices, ...elements])].sort();
}

/** The paths of all members that a value has. */
function listPresent(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => listPresent(element, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    `${path}/${name}`,
    ...listPresent(member, `${path}/${name}`),
  ]);
}

/** A copy of an event without the member at a path. */
function withoutMember(event: unknown, path: string): unknown {
  const copy = structuredClone(event);
  const names = path.split('/').slice(1);
  const last = names.pop() ?? '';
  let parent: unknown = copy;
  for (const name of names) {
    parent = (parent as Readonly<Record<string, unknown>>)[name];
    if (Array.isArray(parent)) [parent] = parent;
  }
  delete (parent as Record<string, unknown>)[last];
  return copy;
}

const examples = [
  transitionWith({ to: '2026-11-03T15:00:00.000Z', kind: 'merged', mergedInto: 'ep0' }),
  transitionWith({
    subject: {
      ...{ kind: 'group', by: 'network', value: 'Telekom' },
      members: { total: 1, first: [{ source: 'fleet', sim: '8988303000000000001', name: 'van 17' }] },
    },
  }),
  transitionWith({
    subject: { kind: 'sim', source: 'fleet', sim: '8988303000000000001', isSourceInDoubt: true },
  }),
  transitionWith({
    subject: { kind: 'source', source: 'fleet', cause: 'carrier-late', members: { total: 0, first: [] } },
  }),
].map((transition) => makeAlertEvent(transition, context));

test('a transition is sent as a CloudEvent', () => {
  expect(makeAlertEvent(transitionWith(), context)).toEqual({
    specversion: '1.0',
    id: 'ep1-1',
    source: '/simledger/simledger',
    type: 'simledger.alert.opened',
    subject: 'ep1',
    time: '2026-11-03T14:10:00.000Z',
    datacontenttype: 'application/json',
    sequence: '0000000001',
    data: {
      episode: 'ep1',
      sequence: 1,
      transition: 'opened',
      state: 'open',
      summary: 'Silent: van 17 since 2026-11-02 14:02 UTC',
      rule: { name: 'silent-24h', version: '1', kind: 'silent', severity: 'critical' },
      subject: {
        kind: 'sim',
        source: 'fleet',
        sim: '8988303000000000001',
        name: 'van 17',
        country: 'DE',
        network: 'Telekom',
      },
      from: '2026-11-02T14:02:11.000Z',
      evidence: {
        total: 1,
        first: [{ table: 'Events', key: '2026-11-02T14:02:11.000Z#4711', time: '2026-11-02T14:02:11.000Z' }],
      },
      link: 'https://api.example.com/v1/Alerts/ep1',
    },
  });
});

describe('docs/alert-event.schema.json', () => {
  test('accepts the event of any transition', () => {
    fc.assert(
      fc.property(anyTransition, contexts, (transition, where) => {
        const event: unknown = JSON.parse(JSON.stringify(makeAlertEvent(transition, where)));
        expect([validate(event), validate.errors]).toEqual([true, null]);
      }),
      runs(300),
    );
  });

  test('lists only members that an event can have', () => {
    const present = new Set(examples.flatMap((event) => listPresent(event)));
    expect([...present].sort()).toEqual(listMembers(schema));
  });

  test('refuses an event without a required member, and an event with an unknown member', () => {
    const optional = /\/(?:to|mergedInto|link|name|country|network|isSourceInDoubt)$/;
    for (const event of examples) {
      const paths = [...new Set(listPresent(event))].filter(
        (path) => !optional.test(path) || path === '/data/rule/name',
      );
      expect(paths.filter((path) => validate(withoutMember(event, path)))).toEqual([]);
      expect(validate({ ...event, other: 1 })).toBe(false);
      expect(validate({ ...event, data: { ...event.data, other: 1 } })).toBe(false);
    }
  });

  test('has the same words and limits as the code', () => {
    const text = JSON.stringify(schema);
    const lists = [
      transitionKinds,
      transitionKinds.map((kind) => `simledger.alert.${kind}`),
      alertKinds,
      episodeStates,
      severities,
      groupDimensions,
      sourceCauses,
      evidenceTables,
    ];
    const enumerations = [...text.matchAll(/"enum":(\[[^\]]*\])/g)].map(([, list = '']) => JSON.parse(list));
    expect(enumerations.toSorted()).toEqual(lists.map((list) => [...list]).toSorted());
    expect([...text.matchAll(/"maxItems":(\d+)/g)].map(([, max]) => Number(max))).toEqual([
      maxEvidence,
      maxMembers,
    ]);
  });
});

describe('an event', () => {
  test('is the same each time', () => {
    fc.assert(
      fc.property(anyTransition, contexts, (transition, where) => {
        expect(makeAlertEvent(transition, where)).toEqual(makeAlertEvent(structuredClone(transition), where));
      }),
      runs(50),
    );
  });

  test('has a different id for each transition of an episode', () => {
    const ids = [1, 2, 10].map((sequence) => makeAlertEvent(transitionWith({ sequence }), context).id);
    expect(ids).toEqual(['ep1-1', 'ep1-2', 'ep1-10']);
  });

  test('sorts by sequence in numeric order', () => {
    const texts = [2, 10, 1_000_000].map(
      (sequence) => makeAlertEvent(transitionWith({ sequence }), context).sequence,
    );
    expect(texts.toSorted()).toEqual(texts);
  });

  test('has only the named members of an object, and so no IMSI, IMEI or MSISDN', () => {
    const personal = {
      imsi: '901405100000001',
      imei: '356303480000001',
      msisdn: '491701234567',
      ip_address: '10.1.2.3',
    };
    const sim = { source: 'fleet', sim: '8988303000000000001', ...personal };
    const events = [
      transitionWith({ ...personal, subject: { kind: 'sim', ...sim } }),
      transitionWith({
        rule: { ...transitionWith().rule, ...personal },
        subject: {
          ...{ kind: 'group', by: 'country', value: 'DE', ...personal },
          members: { total: 1, first: [sim] },
        },
        evidence: { total: 1, first: [{ ...transitionWith().evidence.first[0]!, ...personal }] },
      }),
      transitionWith({
        subject: {
          kind: 'source',
          source: 'fleet',
          cause: 'carrier-late',
          ...personal,
          members: { total: 1, first: [sim] },
        },
      }),
    ].map((transition) => JSON.stringify(makeAlertEvent(transition, context)));
    const found = events.flatMap((text) => Object.values(personal).filter((value) => text.includes(value)));
    expect(found).toEqual([]);
  });

  test('stays below 64 KB, however large a group is', () => {
    const longName = '🚚'.repeat(128);
    const sims = Array.from({ length: 1_000 }, (_, index) => ({
      ...{ source: 's'.repeat(32), sim: String(index).padStart(128, '8'), name: longName },
    }));
    const records = Array.from({ length: 1_000 }, () => ({
      ...{ table: 'Events' as const, key: 'k'.repeat(512), time: '2026-11-02T14:02:11.000Z' },
    }));
    const event = makeAlertEvent(
      transitionWith({
        subject: {
          ...{ kind: 'group', by: 'network', value: 'n'.repeat(512) },
          members: { total: 1_000, first: sims },
        },
        evidence: { total: 1_000, first: records },
      }),
      context,
    );
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(64 * 1024);
  });
});
