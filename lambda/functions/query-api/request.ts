import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type AnyRoute, consoleRoutes, routeKey, routes } from './routes.ts';

/** A request, as the operations get it: independent of stage and domain. */
export interface HttpRequest {
  readonly method: string;
  /** Undefined if no route matches. */
  readonly route: AnyRoute | undefined;
  /** The path below the API's root, as it was sent. */
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** All query parameters, including repeated ones. */
  readonly query: URLSearchParams;
  /** Scheme, host, and stage or base path if there is one; without a trailing slash. */
  readonly root: string;
  readonly authorization: string | undefined;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Empty if the request has no body. */
  readonly body: string;
  readonly sourceIp: string;
  /** ARN of the IAM principal whose signature API Gateway has checked; undefined if it does not check signatures. */
  readonly principal: string | undefined;
}

const routesByKey = new Map<string, AnyRoute>(
  [...routes, ...consoleRoutes].map((route) => [routeKey(route), route]),
);

/** Reads API Gateway's event, payload format 2.0. */
export function readRequest(event: APIGatewayProxyEventV2): HttpRequest {
  const { requestContext, headers, rawPath, rawQueryString, pathParameters } = event;
  const route = routesByKey.get(event.routeKey);
  const prefix = findPrefix(rawPath, requestContext.stage, route);
  return {
    method: requestContext.http.method,
    route,
    path: rawPath.slice(prefix.length) || '/',
    pathParameters: Object.fromEntries(
      Object.entries(pathParameters ?? {}).flatMap(([name, value]) =>
        // Half a surrogate pair cannot be encoded again.
        value === undefined ? [] : [[name, value.toWellFormed()] as const],
      ),
    ),
    query: new URLSearchParams(rawQueryString),
    root: `${headers['x-forwarded-proto'] === 'http' ? 'http' : 'https'}://${requestContext.domainName}${prefix}`,
    authorization: headers['authorization'],
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8'),
    sourceIp: requestContext.http.sourceIp,
    principal: findPrincipal(requestContext),
  };
}

/** The URL of the same request with other query parameters; path parameters are encoded. */
export function makeUrl(request: HttpRequest, query: URLSearchParams): string {
  const { root, route, path, pathParameters } = request;
  const address = route === undefined ? path : fillPath(route.path, pathParameters);
  const text = query.toString();
  return `${root}${address}${text === '' ? '' : `?${text}`}`;
}

/** A route's path with its parameters, percent-encoded. */
export function fillPath(path: string, parameters: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
}

/**
 * The part of the path before the routed path. API Gateway leaves a named stage, and a custom domain's base path, in
 * `rawPath`, and clients must send them again.
 */
function findPrefix(rawPath: string, stage: string, route: AnyRoute | undefined): string {
  if (route === undefined) {
    const named = `/${stage}`;
    return stage !== '$default' && (rawPath === named || rawPath.startsWith(`${named}/`)) ? named : '';
  }
  const fixed = route.path.replace(/\{.*$/, '');
  if (fixed === '/') return rawPath.replace(/\/$/, '');
  // For `/v1/v1/Sims` on a stage named `v1`, this finds the second `/v1`.
  const at = rawPath.indexOf(fixed);
  return at === -1 ? '' : rawPath.slice(0, at);
}

function findPrincipal(context: APIGatewayProxyEventV2['requestContext']): string | undefined {
  const { authorizer } = context as { authorizer?: { iam?: { userArn?: string } } };
  return authorizer?.iam?.userArn;
}
