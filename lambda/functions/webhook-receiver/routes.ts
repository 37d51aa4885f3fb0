/** The paths that carriers call, which the CDK construct and the local run connect to the receiver. */

/** What every path that carriers call begins with. */
export const webhookRoot = '/v1/ingest/';

/** The path that a source's carrier calls. It contains no secret. */
export function makeWebhookPath(source: string): string {
  return `${webhookRoot}${source}`;
}

/** API Gateway's key of a source's route. */
export function makeWebhookRouteKey(source: string): string {
  return `POST ${makeWebhookPath(source)}`;
}
