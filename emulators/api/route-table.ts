/** The key of API Gateway's route for requests that match no other route. */
export const defaultRouteKey = '$default';

/** A route of an HTTP API. */
export interface GatewayRoute {
  /** GET by default. */
  readonly method?: 'GET' | 'POST';
  /** The path, with `{parameters}`. */
  readonly path: string;
}

/** The route that API Gateway chooses for a request. */
export interface RoutedRequest {
  readonly routeKey: string;
  /** The path's parameters, decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * Chooses a request's route. If several match, the one with the fewest parameters wins; if none does, `$default`.
 *
 * @param path the path as it was sent, percent-encoded.
 */
export function findRoute(routes: readonly GatewayRoute[], method: string, path: string): RoutedRequest {
  const fitting = routes.flatMap((route) => {
    const { method: wanted = 'GET', path: pattern } = route;
    const pathParameters = method === wanted ? readPathParameters(pattern, path) : undefined;
    return pathParameters === undefined ? [] : [{ routeKey: `${wanted} ${pattern}`, pathParameters }];
  });
  const [first] = fitting.sort(
    (a, b) => Object.keys(a.pathParameters).length - Object.keys(b.pathParameters).length,
  );
  return first ?? { routeKey: defaultRouteKey, pathParameters: {} };
}

/** The parameters of a path that matches a pattern; undefined if it does not match or is not encoded correctly. */
function readPathParameters(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const text = decodePart(given[at] ?? '');
    if (text === undefined) return undefined;
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined && text !== part) return undefined;
    if (name !== undefined && text === '') return undefined;
    if (name !== undefined) parameters[name] = text;
  }
  return parameters;
}

/** Percent-decoded text; undefined if it is not encoded correctly. */
export function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
