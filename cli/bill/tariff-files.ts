import { readFile } from 'node:fs/promises';
import type * as z from 'zod';
import type { Tariff } from '../../lambda/billing/tariff.ts';
import { UsageError } from '../../lambda/errors.ts';
import { parseExactly, parseJson, toJsonObject } from '../../lambda/json/json.ts';
import { listComplaints } from '../../lib/complaints.ts';
import { tariff } from '../../lib/tariffs.ts';

/**
 * Reads a JSON file by its schema. Numbers with 16 or more digits stay text.
 *
 * @param key what the file should have, in one word.
 * @throws UsageError naming each wrong value; what Node.js throws if the file cannot be read.
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
 * Reads tariff files.
 *
 * @throws UsageError naming each wrong value, and two tariffs with the same name.
 */
export async function readTariffs(files: readonly string[]): Promise<readonly Tariff[]> {
  const tariffs = await Promise.all(files.map((file) => readChecked(file, 'tariff', tariff)));
  for (const [index, { name }] of tariffs.entries()) {
    if (tariffs.findIndex((one) => one.name === name) === index) continue;
    throw new UsageError(`${files[index]}: two of the tariffs have the name ${name}: rename one of them`);
  }
  return tariffs;
}
