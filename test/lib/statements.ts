import type { Synthesised } from './synthesised.ts';

/** A statement of a policy, its references as the stack shows them. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Condition?: unknown;
  readonly Principal?: unknown;
}

/** The statements of each policy by its path: what it allows, or who may assume a role. */
export function statements(synthesised: Synthesised): Record<string, Statement[]> {
  const documents = Object.entries(synthesised.resources).map(([path, { Properties }]) => [
    path,
    Properties['PolicyDocument'] ?? Properties['AssumeRolePolicyDocument'],
  ]);
  return Object.fromEntries(
    documents
      .filter(([, document]) => document !== undefined)
      .map(([path, document]) => [path, (document as { Statement: Statement[] }).Statement]),
  );
}

/** What EventBridge Scheduler may do for a schedule: invoke the one function. */
export function schedule(path: string, handler: string) {
  return {
    [`${path}/ScheduleRole`]: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': 'AWS::AccountId' } },
      },
    ],
    [`${path}/ScheduleRole/DefaultPolicy`]: [
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: `${path}/${handler}/Function.Arn` },
    ],
  };
}

/** Who may assume the role of a function. */
export const runByLambda = [
  { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
];

/** Who may assume the role of a source. */
export function assumedBy(principal: string, condition: unknown) {
  return [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: principal }, Condition: condition }];
}

/** What Twilio and KORE may do with the stream of a source. */
export function sinkWrite(source: string) {
  return [
    {
      Effect: 'Allow',
      Action: ['kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords'],
      Resource: `${source}/Stream.Arn`,
    },
    { Effect: 'Allow', Action: 'kinesis:DescribeLimits', Resource: '*' },
  ];
}

/** What a data streamer may do with the stream and the bucket of a source. */
export function streamerWrite(source: string) {
  return [
    {
      Effect: 'Allow',
      Action: ['kinesis:PutRecord', 'kinesis:PutRecords'],
      Resource: `${source}/Stream.Arn`,
    },
    { Effect: 'Allow', Action: 's3:PutObject', Resource: `${source}/Files.Arn/*` },
  ];
}

/** What each function may do with its log group. */
export function writeLogs(path: string) {
  return {
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `${path}/Logs.Arn`,
  };
}
