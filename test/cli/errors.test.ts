import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { CloudFormationServiceException } from '@aws-sdk/client-cloudformation';
import { ResourceNotFoundException } from '@aws-sdk/client-kinesis';
import { NoSuchBucket, NoSuchKey, NotFound, S3ServiceException } from '@aws-sdk/client-s3';
import { CredentialsProviderError } from '@smithy/core/config';
import { describe, expect, it } from 'vitest';
import { exitCode } from '../../cli/command.ts';
import { explain, explainInOneLine, isNotFound, isNotPermitted, isUnknownStack } from '../../cli/errors.ts';
import { AttentionError, UnreachableError, UsageError, type UserError } from '../../lambda/errors.ts';
import { NotFoundError, ParameterError, SlowSumError } from '../../lambda/queries/errors.ts';
import { ConfigurationError } from '../../lib/configuration.ts';

const answer = { $fault: 'client', $metadata: {}, message: 'No' } as const;

/** The error of Node.js if nothing listens. */
function refusedConnection(): Promise<unknown> {
  return new Promise((resolve) => connect({ host: '127.0.0.1', port: 1 }).once('error', resolve));
}

describe('an error for a person', () => {
  it.each<readonly [UserError, number]>([
    [new UsageError('Give another'), exitCode.wrongUse],
    [new AttentionError('Look at it'), exitCode.attention],
    [new UnreachableError('Not there'), exitCode.unreachable],
    [new ParameterError('Limit', 'x', 'a number'), exitCode.wrongUse],
    [new ConfigurationError('Wrong key'), exitCode.wrongUse],
    [new NotFoundError('The SIM "x"'), exitCode.attention],
    [new SlowSumError(20), exitCode.attention],
  ])('is printed as its message only, with the exit code of its class: %s', (error, code) => {
    expect(explain(error)).toEqual({ code, sentence: error.message });
  });

  it('keeps the name of its class, also in one line', () => {
    expect([new UsageError('a').name, new NotFoundError('a').name]).toEqual(['UsageError', 'NotFoundError']);
    expect(explainInOneLine(new UnreachableError('One\nTwo'))).toBe('One. Two');
  });
});

describe('an error of AWS', () => {
  it.each([
    ['AccessDenied', 'You are not permitted: docs/cli.md lists what each command needs'],
    ['UnauthorizedOperation', 'You are not permitted: docs/cli.md lists what each command needs'],
    [
      'ExpiredToken',
      'AWS does not accept your credentials: sign in again, or give a profile with --profile or AWS_PROFILE',
    ],
    ['SlowDown', 'AWS refused the request: SlowDown'],
  ])('is printed with what to do: %s', (name, advice) => {
    const error = new S3ServiceException({ ...answer, name });
    expect(explain(error)).toEqual({ code: exitCode.unreachable, sentence: `No\n${advice}` });
    expect(explainInOneLine(error)).toBe(`No. ${advice}`);
  });

  it('says that there are no credentials', () => {
    expect(explain(new CredentialsProviderError('Could not load credentials'))).toEqual({
      code: exitCode.unreachable,
      sentence:
        'Could not load credentials\nAWS does not accept your credentials: sign in again, or give a profile with --profile or AWS_PROFILE',
    });
  });

  it('has one meaning in all services', () => {
    const missing = [
      new NotFound(answer),
      new NoSuchKey(answer),
      new NoSuchBucket(answer),
      new ResourceNotFoundException(answer),
    ];
    expect(missing.map(isNotFound)).toEqual([true, true, true, true]);
    const denied = new S3ServiceException({ ...answer, name: 'AccessDenied' });
    expect([isNotFound(denied), isNotPermitted(denied), isNotPermitted(missing[0])]).toEqual([
      false,
      true,
      false,
    ]);
    const unknown = new CloudFormationServiceException({ ...answer, name: 'ValidationError' });
    expect([isUnknownStack(unknown), isUnknownStack(denied)]).toEqual([true, false]);
  });

  it('is recognised by its class: an error with only the name of one is unexpected', () => {
    const fault = Object.assign(new Error('No'), { name: 'AccessDenied' });
    expect(isNotPermitted(fault)).toBe(false);
    expect(explain(fault)).toEqual({ code: exitCode.attention, sentence: fault.stack });
  });
});

describe('an error of Node.js', () => {
  it('is a lost connection if nothing listens', async () => {
    const error = await refusedConnection();
    expect(explain(error)).toEqual({
      code: exitCode.unreachable,
      sentence: expect.stringMatching(
        /^connect ECONNREFUSED 127\.0\.0\.1:1\nCannot connect: check the network, the region and the endpoint$/,
      ),
    });
  });

  it('is not a lost connection if a folder cannot be created', async () => {
    const error: unknown = await mkdir(import.meta.filename).catch((reason: unknown) => reason);
    expect(explain(error)).toEqual({
      code: exitCode.wrongUse,
      sentence: expect.stringMatching(
        /^EEXIST: .*\nCheck that the path exists, is a file where one is asked for/,
      ),
    });
  });

  it('is not a lost connection if a folder is read as a file', async () => {
    const error: unknown = await readFile(import.meta.dirname).catch((reason: unknown) => reason);
    expect(explain(error)).toEqual({
      code: exitCode.wrongUse,
      sentence: expect.stringMatching(
        /^EISDIR: .*\nCheck that the path exists, is a file where one is asked for/,
      ),
    });
  });

  it('is not a lost connection if the disk is full', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(explain(error).code).toBe(exitCode.attention);
  });

  it('is a lost connection if a name cannot be looked up for now', () => {
    const error = Object.assign(new Error('getaddrinfo EAI_AGAIN example.com'), { code: 'EAI_AGAIN' });
    expect(explain(error).code).toBe(exitCode.unreachable);
  });

  it('is shown unchanged if an argument of a function is wrong', () => {
    const error = Object.assign(new TypeError('No number'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(explain(error)).toEqual({ code: exitCode.attention, sentence: error.stack });
  });
});
