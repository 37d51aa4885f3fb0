import { Annotations, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { findGranule, watchesSource } from '../lambda/alerts/rules.ts';
import { environment } from '../lambda/aws/names.ts';
import { maxGranuleMilliseconds, minGranuleMilliseconds } from '../lambda/ledger/heard.ts';
import { makeAccessLogBucket } from './access-logs.ts';
import { AlertDelivery, type AlertDeliveryProps } from './alert-delivery.ts';
import { AlertSweep, type AlertSweepProps } from './alert-sweep.ts';
import { DayPass } from './day-pass.ts';
import { FileIngest } from './file-ingest.ts';
import { Lake, type LakeProps } from './lake.ts';
import { LakeCatalog } from './lake-catalog.ts';
import { MetricsExport } from './metrics-export.ts';
import { Monitoring } from './monitoring.ts';
import type { FunctionOperation } from './node-function.ts';
import {
  showAlerts,
  showApi,
  showDayPass,
  showLake,
  showLogs,
  showMetricsExport,
  showOperation,
  showSource,
  showStorage,
  showWebhooks,
} from './outputs.ts';
import { QueryApi, type QueryApiProps } from './query-api.ts';
import type { Configuration } from './settings.ts';
import { chooseWarmWriteUnits } from './sizing.ts';
import { CarrierSource, type CarrierSourceProps } from './source.ts';
import { makeSourceId } from './source-ids.ts';
import { Storage } from './storage.ts';
import { StreamIngest } from './stream-ingest.ts';
import { WebhookIngest } from './webhook-ingest.ts';

/** Everything that one deployment of simledger consists of. It fixes no account, region or physical name. */
export class SimledgerStack extends Stack {
  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id, { description: 'simledger: the ledger of what cellular-IoT carriers push' });
    const { retention, tracing } = configuration;
    const { usageDays, quarantineDays, logDays } = retention;
    const removalPolicy = configuration.removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
    const dataKey = this.#findDataKey(configuration);
    const operation: FunctionOperation = { logDays, tracing, removalPolicy, dataKey };

    const accessLogs = this.#findAccessLogs(configuration, removalPolicy);
    const fleets = configuration.sources.flatMap(({ fleet }) => fleet ?? []);
    const storage = new Storage(this, 'Storage', {
      ...{ usageDays, quarantineDays, removalPolicy, dataKey, accessLogs },
      warmWriteUnits: chooseWarmWriteUnits(fleets),
      adoptedTables: configuration.adoptedTables,
    });
    const { lake, catalog } = this.#addLake(configuration, { removalPolicy, dataKey, accessLogs });
    const sources = this.#addSources(configuration, { removalPolicy, dataKey, accessLogs });
    const metricsExport = this.#addMetricsExport(configuration, operation);
    const reportingEnvironment = metricsExport?.environment ?? {};
    const common = {
      sources,
      storage,
      operation,
      environment: { ...this.#describeEnvironment(configuration, storage, sources), ...reportingEnvironment },
    };
    const streams = new StreamIngest(this, 'StreamIngest', { ...common, settings: configuration.consumer });
    const files = sources.some(({ bucket }) => bucket !== undefined)
      ? new FileIngest(this, 'FileIngest', { ...common, settings: configuration.importer })
      : undefined;
    const dayPass = new DayPass(this, 'DayPass', {
      ...{ settings: configuration.days, sources, storage, lake, usageDays, operation },
      ...{ reportingEnvironment, namespace: this.stackName },
    });
    for (const reporter of [streams.consumer, files?.importer, dayPass.worker]) {
      if (reporter !== undefined) metricsExport?.allowReports(reporter);
    }
    const queryApi = this.#addQueryApi(configuration, { storage, lake, operation });
    const webhooks = this.#addWebhooks(sources, operation);
    const apiUrl = queryApi?.stage.api.apiEndpoint;
    const alerting = this.#addAlerts(configuration, { sources, storage, operation, apiUrl });
    const monitoring = new Monitoring(this, 'Monitoring', {
      ...{ configuration, dataKey, sources, storage, streams, files, webhooks, queryApi },
      ...{ ...alerting, dayPass, metricsExport, usageDays },
      namespace: this.stackName,
    });

    for (const source of sources) showSource(this, source);
    showStorage(this, storage);
    showLake(this, lake, catalog);
    showDayPass(this, dayPass);
    showLogs(this, { streams, files, accessLogs });
    if (webhooks !== undefined) showWebhooks(this, webhooks);
    if (metricsExport !== undefined) showMetricsExport(this, metricsExport);
    showAlerts(this, { storage, ...alerting });
    showOperation(this, {
      ...{ sources, streams, files },
      sessionRefresh: configuration.sessionRefresh,
      writes: configuration.writes,
      eventRetentionDays: retention.eventDays,
      usageRetentionDays: retention.usageDays,
      alarmTopic: monitoring.alarms.topic,
    });
    if (queryApi !== undefined) showApi(this, queryApi);
  }

  /** The buckets of closed days, and the catalog that makes them tables. */
  #addLake(
    { lake: { objectLock, queryGigabytes }, retention }: Configuration,
    shared: Pick<LakeProps, 'removalPolicy' | 'dataKey' | 'accessLogs'>,
  ): { readonly lake: Lake; readonly catalog: LakeCatalog } {
    const overwrittenDays = retention.overwrittenFileDays;
    const lake = new Lake(this, 'Lake', { ...shared, overwrittenDays, objectLock });
    return { lake, catalog: new LakeCatalog(this, 'Catalog', { ...shared, lake, queryGigabytes }) };
  }

  #addSources(
    { sources, alerts: { rules }, retention: { overwrittenFileDays } }: Configuration,
    shared: Pick<CarrierSourceProps, 'removalPolicy' | 'dataKey' | 'accessLogs'>,
  ): readonly CarrierSource[] {
    const granules = { min: minGranuleMilliseconds, max: maxGranuleMilliseconds };
    return sources.map(
      (source) =>
        new CarrierSource(this, makeSourceId(source), {
          ...{ source, overwrittenFileDays, ...shared },
          isWatched: rules.some(({ match }) => watchesSource(match, source.name)),
          granuleMilliseconds: findGranule(rules, source.name, granules),
        }),
    );
  }

  /** Undefined if no receiver of metrics is configured. */
  #addMetricsExport({ otlp }: Configuration, operation: FunctionOperation): MetricsExport | undefined {
    if (otlp === undefined) return undefined;
    return new MetricsExport(this, 'MetricsExport', {
      ...{ settings: otlp, operation },
      namespace: this.stackName,
    });
  }

  /** Undefined if the configuration disables the API. */
  #addQueryApi(
    { api: settings, sessionRefresh, sources, retention }: Configuration,
    shared: Pick<QueryApiProps, 'storage' | 'lake' | 'operation'>,
  ): QueryApi | undefined {
    if (settings.access !== 'basic') {
      Annotations.of(this).addInfoV2(
        'simledger:api:console',
        `api.access is ${settings.access}, so the console is not deployed: browsers sign in with account and token (basic).`,
      );
    }
    if (settings.access === 'none') return undefined;
    return new QueryApi(this, 'QueryApi', {
      ...{ settings, sessionRefresh, ...shared },
      usageDays: retention.usageDays,
      sources: sources.map(({ name }) => name),
      namespace: this.stackName,
    });
  }

  /** The sweep, and the delivery to receivers if there are any. */
  #addAlerts(
    { alerts: settings, alarmEmail, receivers, retention, sessionRefresh }: Configuration,
    {
      apiUrl,
      ...shared
    }: Pick<AlertSweepProps, 'sources' | 'storage' | 'operation'> & Pick<AlertDeliveryProps, 'apiUrl'>,
  ): { readonly alertSweep: AlertSweep; readonly alertDelivery: AlertDelivery | undefined } {
    const namespace = this.stackName;
    const alertSweep = new AlertSweep(this, 'AlertSweep', {
      ...{ settings, sessionRefresh, receivers, retention, namespace, ...shared },
    });
    if (receivers.length === 0) return { alertSweep, alertDelivery: undefined };
    const { storage, operation } = shared;
    const alertDelivery = new AlertDelivery(this, 'AlertDelivery', {
      ...{ receivers, storage, operation, alarmEmail, apiUrl, namespace },
    });
    return { alertSweep, alertDelivery };
  }

  /** Undefined if no source has a webhook. */
  #addWebhooks(sources: readonly CarrierSource[], operation: FunctionOperation): WebhookIngest | undefined {
    const called = sources.flatMap((source) => {
      const { webhook: settings } = source.settings;
      return settings === undefined ? [] : [{ source, settings }];
    });
    if (called.length === 0) return undefined;
    return new WebhookIngest(this, 'WebhookIngest', { called, operation, namespace: this.stackName });
  }

  /** The customer's key. It already exists, and CDK cannot change the policy of an imported key. */
  #findDataKey({ kmsKeyArn }: Configuration): IKey | undefined {
    if (kmsKeyArn === undefined) return undefined;
    Annotations.of(this).addInfoV2(
      'simledger:kms:policy',
      `The policy of ${kmsKeyArn} must let S3 and CloudWatch use it, or files are not imported and alarms send no mail: docs/operating.md#your-own-kms-key has the statements.`,
    );
    return Key.fromKeyArn(this, 'DataKey', kmsKeyArn);
  }

  #findAccessLogs(
    { accessLogs: bucket, retention: { logDays } }: Configuration,
    removalPolicy: RemovalPolicy,
  ): IBucket | undefined {
    return bucket === false
      ? undefined
      : makeAccessLogBucket(this, 'AccessLogs', { bucket, logDays, removalPolicy });
  }

  /** The variables of a function that writes the ledger. */
  #describeEnvironment(
    { retention, sessionRefresh, writes, measuredNetworks }: Configuration,
    storage: Storage,
    sources: readonly CarrierSource[],
  ): Record<string, string> {
    return {
      ...storage.ledgerEnvironment,
      [environment.sources]: this.toJsonString(sources.map((source) => source.description)),
      [environment.sessionRefresh]: sessionRefresh,
      [environment.writes]: writes,
      [environment.eventRetentionDays]: String(retention.eventDays),
      [environment.usageRetentionDays]: String(retention.usageDays),
      [environment.metricNamespace]: this.stackName,
      [environment.measuredNetworks]: String(measuredNetworks),
    };
  }
}
