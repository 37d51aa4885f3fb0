/** The error of an invocation, as Lambda reports it. */
export interface InvocationError {
  /** The error's class, or Lambda's own: `Runtime.ExitError`, `Sandbox.Timedout`, `Runtime.ImportModuleError`, … */
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** An invocation, as it is sent to the function's process. */
export interface InvocationMessage {
  readonly requestId: string;
  readonly event: unknown;
  /** When the time is up, in milliseconds since 1970. */
  readonly deadline: number;
  /** ARN of the function. */
  readonly arn: string;
}

/** What the function's process answers. */
export type RuntimeMessage =
  /** The handler is loaded. */
  | { readonly kind: 'ready' }
  /** The handler could not be loaded; the process ends. */
  | { readonly kind: 'failed'; readonly error: InvocationError }
  | {
      readonly kind: 'result';
      /** JSON of what the handler returned, or its error. */
      readonly outcome: { readonly response: string } | { readonly error: InvocationError };
      /** The most memory that the process ever had resident, in bytes. */
      readonly peakMemoryBytes: number;
    };

/** The line that a process writes to both its streams when an invocation is over: what came before belongs to it. */
export function endLine(requestId: string): string {
  return `END RequestId: ${requestId}`;
}
