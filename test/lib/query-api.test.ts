import { beforeAll, describe, expect, it } from 'vitest';
import { environment } from '../../lambda/aws/names.ts';
import { consoleRoutes, routeKey, routes } from '../../lambda/functions/query-api/routes.ts';
import { formatNodeOptions, functions } from '../../lib/limits.ts';
import { type Statement, statements } from './statements.ts';
import { impersonalVariables, loggedVariables, ofType, type Synthesised, synthesise } from './synthesised.ts';

let basic: Synthesised;

beforeAll(() => {
  basic = synthesise();
});

/** How each route is authorized, by its key. */
function authorization(stack: Synthesised): Record<string, unknown> {
  return Object.fromEntries(
    Object.values(ofType(stack, 'AWS::ApiGatewayV2::Route')).map(({ Properties }) => [
      Properties['RouteKey'],
      Properties['AuthorizationType'],
    ]),
  );
}

/** What the function may do. */
function readerStatements(stack: Synthesised): Statement[] | undefined {
  return statements(stack)['QueryApi/Reader/Role/DefaultPolicy'];
}

function variables(stack: Synthesised): Record<string, unknown> {
  const { Environment: given } = stack.resources['QueryApi/Reader/Function']?.Properties ?? {};
  return (given as { Variables: Record<string, unknown> }).Variables;
}

describe('the query API', () => {
  it('routes documented paths and all others to the same function', () => {
    const all = [...routes, ...consoleRoutes].map(routeKey);
    expect(Object.keys(authorization(basic)).sort()).toEqual(['$default', ...all].sort());
    const targets = Object.values(ofType(basic, 'AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => Properties['Target'],
    );
    expect(new Set(targets).size).toBe(1);
    const integrations = Object.values(ofType(basic, 'AWS::ApiGatewayV2::Integration'));
    expect(integrations.map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({
        PayloadFormatVersion: '2.0',
        IntegrationUri: 'QueryApi/Reader/Function.Arn',
        TimeoutInMillis: functions.queryApi.timeoutSeconds * 1000,
      }),
    ]);
  });

  it('leaves the check of HTTP Basic to the function, and has IAM checked by API Gateway', () => {
    expect(new Set(Object.values(authorization(basic)))).toEqual(new Set(['NONE']));
    const iam = synthesise({ simledger: { api: { access: 'iam' } } });
    expect(authorization(iam)).toEqual({
      $default: 'NONE',
      ...Object.fromEntries(routes.map((route) => [routeKey(route), route.protected ? 'AWS_IAM' : 'NONE'])),
    });
    expect(Object.keys(ofType(iam, 'AWS::SecretsManager::Secret'))).toEqual([]);
    expect(variables(iam)).toMatchObject({ [environment.apiAccess]: 'iam' });
    expect(variables(iam)).not.toHaveProperty(environment.apiSecret);
    expect(JSON.stringify(readerStatements(iam))).not.toContain('secretsmanager');
    // Browsers do not sign requests: there is no console, and nothing to write.
    expect(JSON.stringify(readerStatements(iam))).not.toContain('dynamodb:PutItem');
  });

  it('may read by key, may scan only the SIMs, and may write nothing but mutes', () => {
    expect(readerStatements(basic)).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: 'QueryApi/Reader/Logs.Arn',
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:Query',
        Resource: [
          'Storage/AlertState.Arn',
          'Storage/Alerts.Arn',
          'Storage/Events.Arn',
          'Storage/Findings.Arn',
          'Storage/SimDays.Arn',
          'Storage/Usage.Arn',
          'Storage/Alerts.Arn/index/byGroup',
          'Storage/Alerts.Arn/index/byId',
          'Storage/Alerts.Arn/index/byLive',
          'Storage/Alerts.Arn/index/byTime',
          'Storage/Alerts.Arn/index/byWaits',
          'Storage/Files.Arn/index/bySource',
          'Storage/Findings.Arn/index/byMonth',
          'Storage/Sessions.Arn/index/byStart',
          'Storage/Sims.Arn/index/bySimId',
          'Storage/Sims.Arn/index/bySimName',
          'Storage/Sims.Arn/index/bySimSid',
          'Storage/Sims.Arn/index/byWrittenIccid',
        ],
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:BatchGetItem',
        Resource: ['Storage/Alerts.Arn', 'Storage/Files.Arn', 'Storage/Findings.Arn', 'Storage/Sessions.Arn'],
      },
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: ['billing/bills', 'days', 'partial-days', 'usage-renderings', 'usage'].map(
          (prefix) => `Lake/Bucket.Arn/${prefix}/*`,
        ),
      },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'Lake/Bucket.Arn' },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: 'Storage/Quarantine.Arn',
        Condition: { StringLike: { 's3:prefix': 'rejects/*' } },
      },
      {
        Effect: 'Allow',
        Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Scan'],
        Resource: 'Storage/Sims.Arn',
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:PutItem',
        Resource: 'Storage/AlertState.Arn',
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['mutes'] } },
      },
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: 'QueryApi/Credentials' },
    ]);
  });

  it('has a token made by Secrets Manager, and an account that Twilio’s clients take', () => {
    const [secret] = Object.values(basic.template.findResources('AWS::SecretsManager::Secret'));
    const uuid = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };
    const digits = { 'Fn::Join': ['', { 'Fn::Split': ['-', uuid] }] };
    expect(secret?.['Properties']['GenerateSecretString']).toEqual({
      SecretStringTemplate: { 'Fn::Join': ['', ['{"account":"AC', digits, '"}']] },
      GenerateStringKey: 'token',
      PasswordLength: 40,
      ExcludePunctuation: true,
    });
  });

  it('limits requests, logs neither callers nor SIMs, and allows no other origin', () => {
    const { DefaultRouteSettings: limits } = basic.resources['QueryApi/Stage']?.Properties ?? {};
    expect(limits).toEqual({ ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 });
    expect(loggedVariables(basic, 'QueryApi/Stage')).toEqual(impersonalVariables);
    expect(basic.resources['QueryApi/Api']?.Properties).not.toHaveProperty('CorsConfiguration');
  });

  it('is set up by the configuration', () => {
    const api = {
      personalData: 'never',
      requestsPerSecond: 7,
      clientRequestsPerSecond: 3,
      corsOrigins: ['https://example.com'],
    };
    const stack = synthesise({ simledger: { api, sessionRefresh: 'hourly' } });
    expect(stack.resources['QueryApi/Stage']?.Properties['DefaultRouteSettings']).toEqual({
      ThrottlingRateLimit: 7,
      ThrottlingBurstLimit: 14,
    });
    expect(stack.resources['QueryApi/Api']?.Properties['CorsConfiguration']).toEqual({
      AllowOrigins: ['https://example.com'],
      AllowMethods: ['GET'],
      AllowHeaders: ['authorization'],
      MaxAge: 3600,
    });
    expect(variables(stack)).toEqual({
      NODE_OPTIONS: formatNodeOptions(functions.queryApi),
      [environment.sessionsTable]: 'Storage/Sessions',
      [environment.usageTable]: 'Storage/Usage',
      [environment.eventsTable]: 'Storage/Events',
      [environment.simsTable]: 'Storage/Sims',
      [environment.filesTable]: 'Storage/Files',
      [environment.alertsTable]: 'Storage/Alerts',
      [environment.progressTable]: 'Storage/AlertState',
      [environment.simDaysTable]: 'Storage/SimDays',
      [environment.findingsTable]: 'Storage/Findings',
      [environment.lakeBucket]: 'Lake/Bucket',
      [environment.quarantineBucket]: 'Storage/Quarantine',
      [environment.apiAccess]: 'basic',
      [environment.apiSecret]: 'QueryApi/Credentials',
      [environment.apiPersonalData]: 'never',
      [environment.apiClientRequestsPerSecond]: '3',
      [environment.sessionRefresh]: 'hourly',
      [environment.usageRetentionDays]: '0',
      [environment.apiSources]: '["default"]',
      [environment.metricNamespace]: 'simledger',
    });
  });

  it.each(['basic', 'iam', 'none'])('has a console with access %s, or synth says why not', (access) => {
    const info = `api.access is ${access}, so the console is not deployed: browsers sign in with account and token (basic). [ack: simledger:api:console]`;
    expect(synthesise({ simledger: { api: { access } } }).infos).toEqual(access === 'basic' ? [] : [info]);
  });

  it('is left out if access is `none`', () => {
    const without = synthesise({ simledger: { api: { access: 'none' } } });
    expect(Object.keys(without.resources).filter((path) => path.startsWith('QueryApi'))).toEqual([]);
    expect(Object.keys(without.outputs).filter((name) => name.includes('Api'))).toEqual([]);
  });
});
