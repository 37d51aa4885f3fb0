/** An answer as API Gateway takes it. */
export interface ApiAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the body is base64, of bytes that are not text. */
  readonly isBase64Encoded?: boolean;
}
