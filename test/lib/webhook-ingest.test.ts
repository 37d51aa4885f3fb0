import { beforeAll, describe, expect, it } from 'vitest';
import { environment } from '../../lambda/aws/names.ts';
import { formatNodeOptions, functions } from '../../lib/limits.ts';
import {
  calledSourceOfEachCarrier,
  impersonalVariables,
  loggedVariables,
  ofType,
  type Synthesised,
  synthesise,
  withoutApi,
} from './synthesised.ts';

const ids = ['SourceTwilio', 'SourceKore', 'Source1nce', 'SourceEmnify', 'SourceTelekom'];
const names = ['twilio', 'kore', '1nce', 'emnify', 'telekom'];

let stack: Synthesised;

beforeAll(() => {
  const [twilio, ...others] = calledSourceOfEachCarrier;
  const sources = [{ ...twilio, webhookRequestsPerSecond: 7 }, ...others];
  stack = synthesise({ stackName: 'fleet', ...withoutApi({ sources }) });
});

function propertiesOf(path: string): Record<string, unknown> {
  return stack.resources[`WebhookIngest/${path}`]?.Properties ?? {};
}

describe('ingestion through HTTPS', () => {
  it('routes each source’s own path to the one function, and nothing else', () => {
    const routes = Object.entries(ofType(stack, 'AWS::ApiGatewayV2::Route'));
    expect(
      routes.map(([path, { Properties }]) => [path, Properties['RouteKey'], Properties['Target']]),
    ).toEqual(
      ids.map((id, at) => [
        `WebhookIngest/${id}`,
        `POST /v1/ingest/${names[at]}`,
        `integrations/WebhookIngest/${id}/Function`,
      ]),
    );
    const integrations = Object.values(ofType(stack, 'AWS::ApiGatewayV2::Integration'));
    expect(integrations.map(({ Properties }) => Properties)).toEqual(
      ids.map(() =>
        expect.objectContaining({
          PayloadFormatVersion: '2.0',
          IntegrationUri: 'WebhookIngest/Receiver/Function.Arn',
          TimeoutInMillis: 1000 * functions.webhookReceiver.timeoutSeconds,
        }),
      ),
    );
  });

  it('lets API Gateway call the function only by those routes', () => {
    const permissions = Object.values(ofType(stack, 'AWS::Lambda::Permission'));
    const api = 'arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:WebhookIngest/Api';
    expect(permissions.map(({ Properties }) => Properties)).toEqual(
      names.map((name) => ({
        Action: 'lambda:InvokeFunction',
        FunctionName: 'WebhookIngest/Receiver/Function.Arn',
        Principal: 'apigateway.amazonaws.com',
        SourceArn: `${api}/*/*/v1/ingest/${name}`,
      })),
    );
  });

  it('lets the function put records into those streams and read those secrets, and nothing else', () => {
    expect(propertiesOf('Receiver/Role/DefaultPolicy')['PolicyDocument']).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: 'WebhookIngest/Receiver/Logs.Arn',
        },
        {
          Effect: 'Allow',
          Action: 'kinesis:PutRecords',
          Resource: ids.map((id) => `${id}/Stream.Arn`).sort(),
        },
        {
          Effect: 'Allow',
          Action: 'secretsmanager:GetSecretValue',
          Resource: ids.map((id) => `WebhookIngest/${id}Credentials`).sort(),
        },
      ],
    });
  });

  it('tells the function where each source’s records go and how its carrier is authenticated', () => {
    const { Variables } = propertiesOf('Receiver/Function')['Environment'] as {
      Variables: Record<string, string>;
    };
    expect({
      ...Variables,
      [environment.webhookSources]: JSON.parse(Variables[environment.webhookSources] ?? ''),
    }).toEqual({
      NODE_OPTIONS: formatNodeOptions(functions.webhookReceiver),
      [environment.metricNamespace]: 'fleet',
      [environment.webhookSources]: ids.map((id, at) => ({
        name: names[at],
        carrier: names[at],
        streamArn: `${id}/Stream.Arn`,
        secret: `WebhookIngest/${id}Credentials`,
        requestsPerSecond: id === 'SourceTwilio' ? 7 : 100,
      })),
    });
    expect(propertiesOf('Receiver/Function')).toMatchObject({
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      MemorySize: functions.webhookReceiver.memoryMegabytes,
      Timeout: functions.webhookReceiver.timeoutSeconds,
    });
  });

  it('has Secrets Manager generate the carriers’ credentials', () => {
    const made = { PasswordLength: 40, ExcludePunctuation: true };
    const basic = (username: string) => ({
      ...made,
      SecretStringTemplate: JSON.stringify({ username }),
      GenerateStringKey: 'password',
    });
    const alone = (key: string) => ({ ...made, SecretStringTemplate: '{}', GenerateStringKey: key });
    expect(ids.map((id) => propertiesOf(`${id}Credentials`)['GenerateSecretString'])).toEqual([
      basic('twilio'),
      alone('secret'),
      basic('1nce'),
      alone('token'),
      basic('telekom'),
    ]);
  });

  it('has no limit in API Gateway, which would answer 429, but the account’s', () => {
    const { DefaultRouteSettings, RouteSettings } = propertiesOf('Stage');
    expect([DefaultRouteSettings, RouteSettings]).toEqual([undefined, undefined]);
  });

  it('does not log who called', () => {
    expect(loggedVariables(stack, 'WebhookIngest/Stage')).toEqual(impersonalVariables);
  });

  it('shows the strings that the portals ask for, and no secret', () => {
    const outputs = Object.entries(stack.outputs).filter(([id]) => /Callback|Webhook/.test(id));
    const ofSource = (id: string, name: string) => {
      const secret = ['[0]', '[1]']
        .map((part) => `WebhookIngest/${id}Credentials.split(:)[6].split(-)${part}`)
        .join('-');
      return {
        [`${id}CallbackURL`]: `WebhookIngest/Api.ApiEndpoint/v1/ingest/${name}`,
        [`${id}CallbackSecret`]: secret,
        [`${id}ReadCallbackSecret`]: `aws secretsmanager get-secret-value --region AWS::Region --secret-id ${secret} --query SecretString --output text`,
      };
    };
    expect(Object.fromEntries(outputs)).toEqual({
      ...Object.assign({}, ...ids.map((id, at) => ofSource(id, names[at] ?? ''))),
      SourceTwilioWebhookSink: JSON.stringify({
        destination: 'WebhookIngest/Api.ApiEndpoint/v1/ingest/twilio',
        method: 'POST',
        batch_events: true,
      }),
      WebhookLogs: 'WebhookIngest/Receiver/Logs',
    });
  });

  it('is left out if no carrier calls', () => {
    const without = synthesise(withoutApi());
    const webhooks = Object.keys({ ...without.resources, ...without.outputs }).filter((id) =>
      /Webhook|Callback/.test(id),
    );
    expect(webhooks).toEqual([]);
  });
});

describe('a source whose carrier only calls', () => {
  it('has no role, no user and no bucket, and shows none', () => {
    const sources = [{ name: '1nce', carrier: '1nce', webhook: true, writer: 'none' }];
    const alone = synthesise(withoutApi({ sources }));
    const writers = Object.keys(alone.resources).filter((path) => path.startsWith('Source1nce/'));
    expect(writers).toEqual(['Source1nce/Stream']);
    expect(Object.keys(alone.outputs).filter((id) => id.startsWith('Source1nce'))).toEqual([
      'Source1nceAWSRegion',
      'Source1nceStreamName',
      'Source1nceCallbackURL',
      'Source1nceCallbackSecret',
      'Source1nceReadCallbackSecret',
    ]);
  });
});
