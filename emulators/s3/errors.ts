const statusOfCode = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedTrailerError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  XAmzContentSHA256Mismatch: 400,
} as const;

/** The emulator's error codes, which are S3's. */
export type S3ErrorCode = keyof typeof statusOfCode;

/** The parts of an error response besides its code and message. */
export interface S3ErrorDetails {
  /** Further elements of the XML document, such as `BucketName`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Further response headers, such as `x-amz-delete-marker`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A request that S3 refuses. Operations throw it; the HTTP server turns it into the XML document that clients parse.
 */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  /** HTTP status of the response. */
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, message: string, details: S3ErrorDetails = {}) {
    super(message);
    this.name = 'S3Error';
    this.code = code;
    this.status = statusOfCode[code];
    this.fields = details.fields ?? {};
    this.headers = details.headers ?? {};
  }
}

/** Refuses a header or query argument with an invalid value. */
export function makeInvalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', message, { fields: { ArgumentName: name, ArgumentValue: value } });
}

/** Refuses a request because a condition does not hold. */
export function makePreconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    fields: { Condition: condition },
  });
}
