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

/** The error codes of S3 that the stand-in answers with. */
export type S3ErrorCode = keyof typeof statusOfCode;

/** What an error answer carries beside its code and message. */
export interface S3ErrorDetails {
  /** Further elements of the XML document, such as `BucketName`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Further headers of the answer, such as `x-amz-delete-marker`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A request that S3 refuses. Operations throw it where they find the reason; the HTTP server turns it into the XML
 * document that clients parse.
 */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  /** HTTP status of the answer. */
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

/** The refusal of a request header or query argument whose value is invalid. */
export function makeInvalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', message, { fields: { ArgumentName: name, ArgumentValue: value } });
}

/** The refusal of a request whose named condition does not hold. */
export function makePreconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    fields: { Condition: condition },
  });
}
