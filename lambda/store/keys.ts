/** Bytes of UTF-8 that DynamoDB takes as a key; an empty text is not taken. */
export const maxKeyBytes = { partition: 2_048, sort: 1_024 } as const;

/**
 * Whether a value can be a key. DynamoDB answers a read by any other text with an error, so what comes from outside is
 * checked first.
 */
export function isKey(value: unknown, kind: keyof typeof maxKeyBytes): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.isWellFormed() &&
    Buffer.byteLength(value) <= maxKeyBytes[kind]
  );
}
