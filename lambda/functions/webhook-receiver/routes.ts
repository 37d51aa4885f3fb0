/** The paths that carriers call, which the CDK construct and the local run bind to the receiver. */

/** Prefix of every path that carriers call. */
export const webhookRoot = '/v1/ingest/';

/** The path that the carrier of a source calls. It carries no secret. */
export function makeWebhookPath(source: string): string {
  return `${webhookRoot}${source}`;
}

/** API Gateway's key of that route. */
export function makeWebhookRouteKey(source: string): string {
  return `POST ${makeWebhookPath(source)}`;
}
