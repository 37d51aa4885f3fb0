/** The most bytes of UTF-8 that DynamoDB accepts as a key value. It does not accept an empty text. */
export const maxKeyBytes = { partition: 2_048, sort: 1_024 } as const;

/**
 * Whether a value can be a key. DynamoDB answers reads with any other key with an error, so check keys that come from
 * outside first.
 */
export function isKey(value: unknown, kind: keyof typeof maxKeyBytes): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.isWellFormed() &&
    Buffer.byteLength(value) <= maxKeyBytes[kind]
  );
}
