import { readFile } from 'node:fs/promises';
import type * as z from 'zod';
import type { Tariff } from '../../lambda/billing/tariff.ts';
import { UsageError } from '../../lambda/errors.ts';
import { parseExactly, parseJson, toJsonObject } from '../../lambda/json/json.ts';
import { listComplaints } from '../../lib/complaints.ts';
import { tariff } from '../../lib/tariffs.ts';

/**
 * Reads a JSON file by its schema, numbers of 16 digits and more as text.
 *
 * @param key what the file should hold, in a word.
 * @throws UsageError naming each value that is wrong; what Node.js throws if the file cannot be read.
 */
export async function readChecked<Schema extends z.ZodType>(
  file: string,
  key: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await readFile(file, 'utf8');
  if (toJsonObject(parseJson(text)) === undefined) {
    throw new UsageError(`${file} is not a ${key}: give a file that holds one JSON object`);
  }
  const given = parseExactly(text);
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  throw new UsageError(
    read.error.issues.flatMap((issue) => listComplaints(issue, given, `${file}: ${key}`)).join('\n'),
  );
}

/**
 * Reads the files of tariffs.
 *
 * @throws UsageError naming each value that is wrong, and two tariffs of one name.
 */
export async function readTariffs(files: readonly string[]): Promise<readonly Tariff[]> {
  const tariffs = await Promise.all(files.map((file) => readChecked(file, 'tariff', tariff)));
  for (const [index, { name }] of tariffs.entries()) {
    if (tariffs.findIndex((one) => one.name === name) === index) continue;
    throw new UsageError(`${files[index]}: two of the tariffs have the name ${name}: rename one of them`);
  }
  return tariffs;
}
