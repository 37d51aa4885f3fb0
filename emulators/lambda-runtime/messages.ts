/** An invocation's error, as Lambda reports it. */
export interface InvocationError {
  /** The error's class, or one of Lambda's: `Runtime.ExitError`, `Sandbox.Timedout`, `Runtime.ImportModuleError`, … */
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** An invocation, as it is sent to the function's process. */
export interface InvocationMessage {
  readonly requestId: string;
  readonly event: unknown;
  /** When the invocation times out, in milliseconds since the epoch. */
  readonly deadline: number;
  /** The function's ARN. */
  readonly arn: string;
}

/** What the function's process answers. */
export type RuntimeMessage =
  /** The handler is loaded. */
  | { readonly kind: 'ready' }
  /** The handler could not be loaded, and the process ends. */
  | { readonly kind: 'failed'; readonly error: InvocationError }
  | {
      readonly kind: 'result';
      /** What the handler returned as JSON, or its error. */
      readonly outcome: { readonly response: string } | { readonly error: InvocationError };
      /** The process's largest resident memory so far, in bytes. */
      readonly peakMemoryBytes: number;
    };

/** The line that a process writes to both of its streams after an invocation, to mark the end of its output. */
export function endLine(requestId: string): string {
  return `END RequestId: ${requestId}`;
}
