import type { Account } from './account.ts';
import { listBuckets } from './bucket-list.ts';
import { createBucket, deleteBucket, headBucket } from './bucket-operations.ts';
import { copyObject } from './copying.ts';
import { deleteObject, deleteObjects } from './deleting.ts';
import { S3Error } from './errors.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
} from './multipart.ts';
import { listObjectsV2 } from './object-lists.ts';
import { getObject, headObject } from './reading.ts';
import type { S3Request, S3Response } from './requests.ts';
import { putObject } from './writing.ts';

type Operation = (account: Account, request: S3Request) => S3Response | Promise<S3Response>;

/**
 * The supported operations, by their names in the S3 API: those that the functions and the command line call, and those
 * that `aws s3 mb`, `cp`, `sync`, `ls`, `rm` and `rb` and the SDKs' multipart uploads need.
 */
export const operations: Readonly<Record<string, Operation>> = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  GetObject: getObject,
  HeadBucket: headBucket,
  HeadObject: headObject,
  ListBuckets: listBuckets,
  ListObjectsV2: listObjectsV2,
  PutObject: putObject,
  UploadPart: uploadPart,
};

/**
 * Performs the operation that a request names.
 *
 * @throws S3Error what S3 would answer with; `NotImplemented`, with the operation's name, for operations that the
 *   emulator lacks.
 */
export async function answer(account: Account, request: S3Request): Promise<S3Response> {
  const name = nameOperation(request);
  const operation = operations[name];
  if (operation !== undefined) return operation(account, request);
  throw new S3Error('NotImplemented', `The local S3 does not implement ${name}.`, {
    fields: { Operation: name },
  });
}

/** Operations on the account, a bucket or an object, by method and by the query argument that distinguishes them. */
const namesByTarget = {
  account: { 'GET ': 'ListBuckets' },
  bucket: {
    'DELETE ': 'DeleteBucket',
    'GET ': 'ListObjects',
    'GET list-type': 'ListObjectsV2',
    'GET location': 'GetBucketLocation',
    'GET session': 'CreateSession',
    'GET uploads': 'ListMultipartUploads',
    'GET versions': 'ListObjectVersions',
    'HEAD ': 'HeadBucket',
    'POST ': 'PostObject',
    'POST delete': 'DeleteObjects',
    'PUT ': 'CreateBucket',
  },
  object: {
    'DELETE ': 'DeleteObject',
    'DELETE uploadId': 'AbortMultipartUpload',
    'GET ': 'GetObject',
    'GET uploadId': 'ListParts',
    'HEAD ': 'HeadObject',
    'POST restore': 'RestoreObject',
    'POST select': 'SelectObjectContent',
    'POST uploadId': 'CompleteMultipartUpload',
    'POST uploads': 'CreateMultipartUpload',
    'PUT ': 'PutObject',
    'PUT uploadId': 'UploadPart',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The operations that replace these if the request has a source to copy from. */
const copyingNames: Readonly<Record<string, string>> = {
  PutObject: 'CopyObject',
  UploadPart: 'UploadPartCopy',
};

/** Query arguments that name a subresource, and the nouns for them in operations' names. */
const subresources: Readonly<Record<string, string>> = {
  accelerate: 'AccelerateConfiguration',
  acl: 'Acl',
  analytics: 'AnalyticsConfiguration',
  attributes: 'Attributes',
  cors: 'Cors',
  encryption: 'Encryption',
  'intelligent-tiering': 'IntelligentTieringConfiguration',
  inventory: 'InventoryConfiguration',
  'legal-hold': 'LegalHold',
  lifecycle: 'LifecycleConfiguration',
  logging: 'Logging',
  metrics: 'MetricsConfiguration',
  notification: 'NotificationConfiguration',
  'object-lock': 'LockConfiguration',
  ownershipControls: 'OwnershipControls',
  policy: 'Policy',
  policyStatus: 'PolicyStatus',
  publicAccessBlock: 'PublicAccessBlock',
  renameObject: 'Rename',
  replication: 'Replication',
  requestPayment: 'RequestPayment',
  retention: 'Retention',
  tagging: 'Tagging',
  torrent: 'Torrent',
  versioning: 'Versioning',
  website: 'Website',
};

const targetNoun = { account: 'the account', bucket: 'a bucket', object: 'an object' } as const;

/** The name in the S3 API of the operation that a request names. */
export function nameOperation({ method, bucket, key, query, headers }: S3Request): string {
  const target = bucket === '' ? 'account' : key === '' ? 'bucket' : 'object';
  const names: Readonly<Record<string, string>> = namesByTarget[target];
  const subresource = [...query.keys()].find((name) => Object.hasOwn(subresources, name));
  if (subresource !== undefined) return nameSubresourceOperation(method, target, subresource);
  const argument = [...query.keys()].find((name) => Object.hasOwn(names, `${method} ${name}`)) ?? '';
  const name = names[`${method} ${argument}`] ?? `${method} on ${targetNoun[target]}`;
  return headers.has('x-amz-copy-source') ? (copyingNames[name] ?? name) : name;
}

function nameSubresourceOperation(method: string, target: string, subresource: string): string {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return `${verb}${target === 'object' ? 'Object' : 'Bucket'}${subresources[subresource]}`;
}
