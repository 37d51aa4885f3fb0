import { Aws, Fn, RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { AccessKey, ArnPrincipal, Policy, PolicyStatement, Role, User } from 'aws-cdk-lib/aws-iam';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeObjects } from './acknowledgements.ts';
import { permitKey } from './data-key.ts';
import { portals } from './portals.ts';
import type { RoleWriterSettings, SourceSettings, UserWriterSettings } from './settings.ts';

/** What a carrier may write to, and with which settings. */
export interface WriterProps<Settings> {
  readonly source: SourceSettings;
  readonly settings: Settings;
  readonly stream: Stream;
  readonly bucket: Bucket | undefined;
  /** The customer's key that encrypts both; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
}

/** The role that a carrier assumes to write to the one stream and bucket of its source. */
export class RoleWriter extends Construct {
  readonly role: Role;
  /** The external id that the carrier must send. */
  readonly externalId: string;

  constructor(scope: Construct, id: string, props: WriterProps<RoleWriterSettings>) {
    super(scope, id);
    const { source, settings } = props;
    this.externalId = settings.externalId ?? makeExternalId(source);
    this.role = new Role(this, 'Role', {
      description: `Lets ${source.carrier} write the records of the source ${source.name}`,
      assumedBy: new ArnPrincipal(settings.principal).withConditions(trust(source, this.externalId)),
    });
    writePolicy(this, props).attachToRole(this.role);
  }
}

/** The IAM user whose access key is entered in a carrier's portal; a secret keeps the key. */
export class UserWriter extends Construct {
  readonly user: User;
  /** JSON: `accessKeyId` and `secretAccessKey`. */
  readonly secret: Secret;

  constructor(scope: Construct, id: string, props: WriterProps<UserWriterSettings>) {
    super(scope, id);
    this.user = new User(this, 'User');
    writePolicy(this, props).attachToUser(this.user);
    const { keySerial: serial } = props.settings;
    const key = new AccessKey(this, 'AccessKey', { user: this.user, serial });
    this.secret = new Secret(this, 'Secret', {
      description: `Access key for ${props.source.carrier} to write the records of the source ${props.source.name}`,
      secretObjectValue: {
        accessKeyId: SecretValue.unsafePlainText(key.accessKeyId),
        secretAccessKey: key.secretAccessKey,
      },
      // The key is deleted with the stack, and the copy is of no use without it.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'The key is entered in the carrier’s portal by hand: to rotate it, raise keySerial and update the portal.',
    });
  }
}

/** The conditions under which the principal may assume the role, as in each carrier's own template. */
function trust({ carrier }: SourceSettings, externalId: string) {
  return portals[carrier].externalId === 'chosen'
    ? { StringEquals: { 'sts:ExternalId': externalId } }
    : { 'ForAnyValue:StringEquals': { 'sts:ExternalId': [externalId] } };
}

/**
 * The source's name and the random part of the stack's id (`arn:…:stack/<name>/<uuid>`). An external id must differ
 * from that of every other customer; this one also stays the same for the lifetime of the stack.
 */
function makeExternalId({ name }: SourceSettings): string {
  return Fn.join('-', [name, Fn.select(2, Fn.split('/', Aws.STACK_ID))]);
}

/** The permission to write to one stream and bucket, and to make the requests that Twilio makes before it writes. */
function writePolicy(scope: Construct, props: WriterProps<unknown>): Policy {
  const { source, stream, bucket, dataKey } = props;
  const policy = new Policy(scope, 'Policy');
  const allow = (actions: string[], resources: string[]): void =>
    policy.addStatements(
      new PolicyStatement({ actions, resources }),
      ...permitKey(dataKey, actions, { multipart: true }),
    );
  allow(['kinesis:PutRecord', 'kinesis:PutRecords'], [stream.streamArn]);
  if (portals[source.carrier].form === 'sink') {
    allow(['kinesis:ListShards'], [stream.streamArn]);
    allow(['kinesis:DescribeLimits'], ['*']);
    Validations.of(policy).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'kinesis:DescribeLimits, which Twilio calls before it writes, applies to the account: AWS offers nothing narrower.',
    });
  }
  if (bucket !== undefined) {
    allow(['s3:PutObject'], [bucket.arnForObjects('*')]);
    acknowledgeObjects(
      policy,
      bucket,
      '',
      'The carrier names its files itself; the bucket belongs to this source only.',
    );
  }
  return policy;
}
