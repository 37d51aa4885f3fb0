/** A response in API Gateway's form. */
export interface ApiAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the body is base64, for bytes that are not text. */
  readonly isBase64Encoded?: boolean;
}
