import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** A request as the carrier sent it. */
export interface WebhookRequest {
  readonly method: string;
  /** The address that was called: scheme, host and path. */
  readonly address: string;
  /** The query string after the question mark, as it was sent; empty without a question mark. */
  readonly query: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they arrived, compressed or not. */
  readonly body: Buffer;
}

/** Reads API Gateway's event, payload format 2.0. */
export function readWebhookRequest(event: APIGatewayProxyEventV2): WebhookRequest {
  const { headers, requestContext, rawPath, rawQueryString, body = '', isBase64Encoded } = event;
  return {
    method: requestContext.http.method,
    address: `${headers['x-forwarded-proto'] ?? 'https'}://${requestContext.domainName}${rawPath}`,
    query: rawQueryString,
    headers,
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}
