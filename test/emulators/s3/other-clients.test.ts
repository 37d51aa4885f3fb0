import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fingerprint, runningS3, variedBytes } from './running-emulator.ts';

/** Before the emulator's own folder is set: here are the files that clients send and receive. */
const folder = mkdtempSync(join(tmpdir(), 's3-clients-'));
const running = runningS3();
afterAll(() => rmSync(folder, { recursive: true }));

const isThere = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const environment = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'anything',
  AWS_SECRET_ACCESS_KEY: 'anything',
  AWS_DEFAULT_REGION: 'eu-central-1',
  AWS_CONFIG_FILE: join(folder, 'no-configuration'),
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** Runs a command to its end and gives what it wrote; it must succeed. */
function run(command: string, args: readonly string[], input?: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: environment, cwd: folder, maxBuffer: 1e9 };
    const child = execFile(command, args, options, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${error.message}\n${stderr}`)),
    );
    child.stdin?.end(input);
  });
}

const file = (name: string) => join(folder, name);
const storedIn = async (bucket: string, key: string) => {
  const bytes = await running.s3.getObject(bucket, key);
  return bytes && fingerprint(bytes);
};

describe.skipIf(!isThere('aws', '--version'))('the AWS CLI with its defaults', () => {
  const aws = (...args: string[]) => run('aws', ['--endpoint-url', running.endpoint, ...args]);
  const large = variedBytes(20_000_000);

  test('copies small, large and streamed files, lists, reads ranges and removes', async () => {
    running.s3.createBucket('cli');
    writeFileSync(file('small ü+1.csv'), 'id\n1\n');
    writeFileSync(file('large.bin'), large);
    await Promise.all([
      aws('s3', 'cp', 'small ü+1.csv', 's3://cli/'),
      aws('s3', 'cp', 'large.bin', 's3://cli/dir/large.bin', '--no-progress'),
      run('aws', ['--endpoint-url', running.endpoint, 's3', 'cp', '-', 's3://cli/dir/streamed'], large),
    ]);
    expect(await storedIn('cli', 'small ü+1.csv')).toBe(fingerprint(Buffer.from('id\n1\n')));
    expect(await storedIn('cli', 'dir/large.bin')).toBe(fingerprint(large));
    expect(await storedIn('cli', 'dir/streamed')).toBe(fingerprint(large));

    const range = [
      '--bucket',
      'cli',
      '--key',
      'dir/large.bin',
      '--range',
      'bytes=8388600-8388615',
      'part.bin',
    ];
    const [listed] = await Promise.all([
      aws('s3', 'ls', 's3://cli/'),
      aws('s3', 'cp', 's3://cli/dir/large.bin', 'back.bin', '--no-progress'),
      aws('s3api', 'get-object', ...range),
    ]);
    expect(listed.split(/\r?\n/)).toEqual([
      expect.stringMatching(/^ +PRE dir\/$/),
      expect.stringMatching(/ 5 small ü\+1\.csv$/),
      '',
    ]);
    expect(fingerprint(readFileSync(file('back.bin')))).toBe(fingerprint(large));
    expect(fingerprint(readFileSync(file('part.bin')))).toBe(
      fingerprint(large.subarray(8_388_600, 8_388_616)),
    );

    await aws('s3', 'rm', '--recursive', 's3://cli/dir/');
    expect(running.s3.listObjects('cli').map(({ key }) => key)).toEqual(['small ü+1.csv']);
  });

  test('creates a bucket, synchronises it in both directions, the second time without sending anything, and removes it', async () => {
    await aws('s3', 'mb', 's3://synced');
    const uploads: string[] = [];
    running.s3.onObjectCreated('synced', ({ Records }) => uploads.push(Records[0]?.s3.object.key ?? ''));
    for (const name of ['a.csv', 'b c.csv']) writeFileSync(file(name), name);
    const only = ['--exclude', '*', '--include', 'a.csv', '--include', 'b c.csv'];
    const sync = () => aws('s3', 'sync', '.', 's3://synced/in/', ...only);
    await sync();
    expect(uploads.toSorted()).toEqual(['in/a.csv', 'in/b+c.csv']);
    await sync();
    expect(uploads).toHaveLength(2);
    await aws('s3', 'sync', 's3://synced/in/', 'back');
    expect(['a.csv', 'b c.csv'].map((name) => readFileSync(join(folder, 'back', name), 'utf8'))).toEqual([
      'a.csv',
      'b c.csv',
    ]);
    await aws('s3', 'rb', '--force', 's3://synced');
    expect(await aws('s3', 'ls')).not.toContain('synced');
  });
});

const boto3Script = `
import hashlib, io, sys, urllib.request, boto3
s3 = boto3.client('s3', endpoint_url=sys.argv[1])
data = open('boto3.bin', 'rb').read()
s3.create_bucket(Bucket='boto3', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
s3.upload_file('boto3.bin', 'boto3', 'file')
s3.upload_fileobj(io.BytesIO(data), 'boto3', 'object')
s3.download_file('boto3', 'file', 'boto3.back')
back = io.BytesIO()
s3.download_fileobj('boto3', 'object', back)
print(open('boto3.back', 'rb').read() == data, back.getvalue() == data)
for index in range(5):
    s3.put_object(Bucket='boto3', Key=f'page/ü +{index}&', Body=str(index).encode(), Metadata={'index': str(index)})
pages = s3.get_paginator('list_objects_v2').paginate(Bucket='boto3', Prefix='page/', PaginationConfig={'PageSize': 2})
print([[entry['Key'] for entry in page['Contents']] for page in pages])
print(s3.head_object(Bucket='boto3', Key='page/ü +3&')['Metadata'])
print(s3.get_object(Bucket='boto3', Key='file', Range='bytes=-3')['Body'].read() == data[-3:])
url = s3.generate_presigned_url('put_object', Params={'Bucket': 'boto3', 'Key': 'presigned ü'})
urllib.request.urlopen(urllib.request.Request(url, data=b'by url', method='PUT')).read()
url = s3.generate_presigned_url('get_object', Params={'Bucket': 'boto3', 'Key': 'presigned ü'})
print(urllib.request.urlopen(url).read())
try:
    s3.get_object(Bucket='boto3', Key='missing')
except s3.exceptions.NoSuchKey as error:
    print(error.response['Error']['Code'])
keys = [{'Key': entry['Key']} for entry in s3.list_objects_v2(Bucket='boto3')['Contents']]
s3.delete_objects(Bucket='boto3', Delete={'Objects': keys})
s3.delete_bucket(Bucket='boto3')
print([bucket['Name'] for bucket in s3.list_buckets()['Buckets'] if bucket['Name'] == 'boto3'])
`;

describe.skipIf(!isThere('python3', '-c', 'import boto3'))('boto3 with its defaults', () => {
  test('uploads, downloads, pages, presigns and deletes', async () => {
    writeFileSync(file('boto3.bin'), variedBytes(12_000_000));
    writeFileSync(file('session.py'), boto3Script);
    const written = await run('python3', ['session.py', running.endpoint]);
    expect(written.trim().split(/\r?\n/)).toEqual([
      'True True',
      "[['page/ü +0&', 'page/ü +1&'], ['page/ü +2&', 'page/ü +3&'], ['page/ü +4&']]",
      "{'index': '3'}",
      'True',
      "b'by url'",
      'NoSuchKey',
      '[]',
    ]);
  });
});
