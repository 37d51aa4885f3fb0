import { Aws, Duration, Fn, Validations } from 'aws-cdk-lib';
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  type HttpStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { consoleFolder, documentationFolder, environment, rejectPrefix } from '../lambda/aws/names.ts';
import { billsPrefix } from '../lambda/bills/objects.ts';
import { daysPrefix, findPrefixes, partialDaysPrefix } from '../lambda/days/pass/lake-objects.ts';
import { consoleRoutes, routes } from '../lambda/functions/query-api/routes.ts';
import type { SessionRefresh } from '../lambda/ledger/source.ts';
import { mutesPartition } from '../lambda/store/mutes.ts';
import { alertsTable, filesTable, findingsTable, sessionsTable, simsTable } from '../lambda/store/tables.ts';
import { makeGeneratedSecret } from './generated-secret.ts';
import { makeLoggedStage } from './http-stage.ts';
import type { Lake } from './lake.ts';
import { functions } from './limits.ts';
import { type FunctionOperation, NodeFunction } from './node-function.ts';
import type { ApiSettings } from './settings.ts';
import { listIndexArns, type Storage } from './storage.ts';

/** Properties of {@link QueryApi}. */
export interface QueryApiProps {
  readonly settings: ApiSettings;
  readonly storage: Storage;
  readonly lake: Lake;
  /** Names of all sources, whose files are listed. */
  readonly sources: readonly string[];
  /** Whether sessions may lag behind their usage. */
  readonly sessionRefresh: SessionRefresh;
  /** Days that usage is kept; 0 forever. */
  readonly usageDays: number;
  /** CloudWatch namespace of the function's metrics. */
  readonly namespace: string;
  readonly operation: FunctionOperation;
}

/** The query API: an HTTP API and one function, which only reads the ledger and also serves the console. */
export class QueryApi extends Construct {
  readonly function: NodeFunction;
  readonly stage: HttpStage;
  /** JSON: `account` and `token`; undefined if access is by IAM. */
  readonly secret: Secret | undefined;

  constructor(scope: Construct, id: string, props: QueryApiProps) {
    super(scope, id);
    this.secret = props.settings.access === 'basic' ? this.#createSecret() : undefined;
    this.function = this.#createFunction(props);
    this.#allow(props);
    const api = this.#createApi(props.settings);
    const { requestsPerSecond } = props.settings;
    this.stage = makeLoggedStage(this, { api, requestsPerSecond, operation: props.operation });
  }

  /** Secrets Manager generates the token; the account derives from the stack's id. Both last as long as the stack. */
  #createSecret(): Secret {
    const stackUuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    const account = Fn.join('', ['AC', Fn.join('', Fn.split('-', stackUuid))]);
    return makeGeneratedSecret(this, 'Credentials', {
      description:
        'Who may call the query API: account and token, and previousToken while clients change over',
      members: { account },
      generated: 'token',
      rotation: 'Clients must be given a new token, so it is rotated by hand while both are valid.',
    });
  }

  #createFunction({
    settings,
    storage,
    lake,
    sources,
    sessionRefresh,
    usageDays,
    namespace,
    operation,
  }: QueryApiProps): NodeFunction {
    return new NodeFunction(this, 'Reader', {
      definition: functions.queryApi,
      description: 'Serves the query API',
      folders: [
        { name: documentationFolder, program: 'bin/documentation.ts' },
        // Browsers do not sign requests with AWS credentials, so the console requires access by account and token.
        ...(settings.access === 'basic' ? [{ name: consoleFolder, program: 'bin/console.ts' }] : []),
      ],
      environment: {
        ...storage.readerEnvironment,
        [environment.simDaysTable]: storage.simDays.tableName,
        [environment.findingsTable]: storage.findings.tableName,
        [environment.lakeBucket]: lake.bucket.bucketName,
        [environment.quarantineBucket]: storage.quarantine.bucketName,
        [environment.apiAccess]: settings.access,
        ...(this.secret && { [environment.apiSecret]: this.secret.secretArn }),
        [environment.apiPersonalData]: settings.personalData,
        [environment.apiClientRequestsPerSecond]: String(settings.clientRequestsPerSecond),
        [environment.sessionRefresh]: sessionRefresh,
        [environment.usageRetentionDays]: String(usageDays),
        [environment.apiSources]: JSON.stringify(sources),
        [environment.metricNamespace]: namespace,
      },
      operation,
    });
  }

  /** Only the list of SIMs scans a table; everything else is read by key. */
  #allow({ settings, storage, lake }: QueryApiProps): void {
    const { sessions, usage, events, sims, files, alerts, alertState, simDays, findings } = storage;
    const index = (table: string, name: string): string => `${table}/index/${name}`;
    this.function.allow(
      ['dynamodb:Query'],
      [
        index(sessions.tableArn, sessionsTable.localIndex.name),
        usage.tableArn,
        events.tableArn,
        ...simsTable.globalIndexes.map(({ name }) => index(sims.tableArn, name)),
        ...filesTable.globalIndexes.map(({ name }) => index(files.tableArn, name)),
        alerts.tableArn,
        ...listIndexArns(alerts, alertsTable),
        alertState.tableArn,
        simDays.tableArn,
        findings.tableArn,
        ...listIndexArns(findings, findingsTable),
      ],
    );
    this.function.allow(
      ['dynamodb:BatchGetItem'],
      [sessions.tableArn, files.tableArn, alerts.tableArn, findings.tableArn],
    );
    // Usage that has expired from the tables, sums of days, and bills; nothing else, and nothing that names people.
    const kinds = (['usage', 'usageRenderings'] as const).map((kind) => `${findPrefixes(kind).sims}/`);
    lake.allowRead(this.function, [daysPrefix, partialDaysPrefix, ...kinds, billsPrefix]);
    // Rejects are listed by object name and not read: their content may name people.
    this.function.allowList(storage.quarantine, rejectPrefix);
    this.function.allow(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Scan'], [sims.tableArn]);
    // The console mutes alerts. Every client of the API can call this, so it may write nothing else.
    if (settings.access === 'basic') {
      this.function.allow(['dynamodb:PutItem'], [alertState.tableArn], [mutesPartition]);
    }
    if (this.secret !== undefined) {
      this.function.allow(['secretsmanager:GetSecretValue'], [this.secret.secretArn]);
    }
  }

  #createApi({ access, corsOrigins }: ApiSettings): HttpApi {
    const api = new HttpApi(this, 'Api', {
      apiName: `${Aws.STACK_NAME} query API`,
      description: 'Sessions, usage and events of simledger',
      createDefaultStage: false,
      ...(corsOrigins.length > 0 && {
        corsPreflight: {
          allowOrigins: [...corsOrigins],
          allowMethods: [CorsHttpMethod.GET],
          allowHeaders: ['authorization'],
          maxAge: Duration.hours(1),
        },
      }),
    });
    const integration = new HttpLambdaIntegration('Function', this.function.handler, {
      timeout: Duration.seconds(functions.queryApi.timeoutSeconds),
      scopePermissionToRoute: false,
    });
    const byIam = new HttpIamAuthorizer();
    for (const route of routes) {
      new HttpRoute(this, route.operation, {
        httpApi: api,
        routeKey: HttpRouteKey.with(route.path, HttpMethod.GET),
        integration,
        ...(route.protected && access === 'iam' && { authorizer: byIam }),
      });
    }
    if (access === 'basic') {
      for (const { method = 'GET', path, operation } of consoleRoutes) {
        new HttpRoute(this, operation, {
          httpApi: api,
          routeKey: HttpRouteKey.with(path, HttpMethod[method]),
          integration,
        });
      }
    }
    // Answers unknown paths in the API's own format.
    new HttpRoute(this, 'Others', { httpApi: api, routeKey: HttpRouteKey.DEFAULT, integration });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        access === 'iam'
          ? 'Only health, contract, documentation and unknown paths are open.'
          : 'The function checks HTTP Basic itself, which is all that clients of Twilio send; health and contract are open.',
    });
    return api;
  }
}
