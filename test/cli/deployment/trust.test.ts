import { expect, test } from 'vitest';
import { findTrustProblem } from '../../../cli/deployment/stack-checks.ts';

function documentOf(statement: object): string {
  return encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
}

const allowed = { Effect: 'Allow', Action: 'sts:AssumeRole' };
const principal = { Principal: { AWS: 'arn:aws:iam::177261743968:root' } };
const asked = (id: string | string[]) => ({ Condition: { StringEquals: { 'sts:ExternalId': id } } });

test.each([
  ['is right', documentOf({ ...allowed, ...principal, ...asked('x') }), undefined],
  [
    'is right for one of several',
    documentOf({
      ...{ ...allowed, ...principal },
      Condition: { 'ForAnyValue:StringEquals': { 'sts:ExternalId': ['x', 'y'] } },
    }),
    undefined,
  ],
  [
    'has no external id',
    documentOf({ ...allowed, ...principal }),
    'it requires no external id, so others could assume it',
  ],
  [
    'has another external id',
    documentOf({ ...allowed, ...principal, ...asked('y') }),
    'the external id that it requires is not x, the one in the outputs',
  ],
  [
    'trusts nobody',
    documentOf({ ...allowed, ...principal, ...asked('x'), Effect: 'Deny' }),
    'nobody may assume it',
  ],
  [
    'trusts a deleted principal',
    documentOf({ ...allowed, Principal: { AWS: ['AROAEXAMPLE'] }, ...asked('x') }),
    'it trusts AROAEXAMPLE, a principal that no longer exists',
  ],
  ['that is not JSON', '%7B', 'its trust policy cannot be read'],
])('a trust policy %s', (_, document, problem) => {
  expect(findTrustProblem(document, 'x')).toBe(problem);
});
