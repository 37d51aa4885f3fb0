import { createHash } from 'node:crypto';
import { type Fault, makeFault } from './reading.ts';

/**
 * Aggregates of the Kinesis Producer Library: four bytes, a protocol buffers message, its MD5 digest
 * (github.com/awslabs/kinesis-aggregation, KPL aggregation format):
 *
 *     message AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2;
 *                                repeated Record records = 3; }
 *     message Record { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2;
 *                      required bytes data = 3; repeated Tag tags = 4; }
 *     message Tag { required string key = 1; optional string value = 2; }
 */

const magic = 0xf3899ac2;
const magicBytes = 4;
const digestBytes = 16;

/** Whether bytes begin like an aggregate. UTF-8 text never begins like this. */
export function isAggregate(bytes: Buffer): boolean {
  return bytes.length >= magicBytes && bytes.readUInt32BE(0) === magic;
}

/**
 * Reads the data of an aggregate's user records, in order. Nothing else in an aggregate is data. If any byte is not
 * part of the defined format, the whole aggregate is refused, because that byte may be data.
 *
 * @param maxRecords maximum number of user records.
 * @returns undefined if it has more; a fault if it is damaged or contains something unknown.
 */
export function readAggregate(bytes: Buffer, maxRecords: number): readonly Buffer[] | Fault | undefined {
  if (bytes.length < magicBytes + digestBytes) return makeBroken('it was cut short');
  const message = bytes.subarray(magicBytes, bytes.length - digestBytes);
  const digest = createHash('md5').update(message).digest();
  if (!digest.equals(bytes.subarray(bytes.length - digestBytes))) {
    return makeBroken('its digest does not match, so it was damaged or cut short');
  }
  const records: Buffer[] = [];
  const fields = new FieldReader(message);
  while (fields.next()) {
    const isKnown = fields.wireType === lengthDelimited && fields.number >= 1 && fields.number <= 3;
    if (!isKnown) return describeUnknownPart(fields);
    if (fields.number !== 3) continue;
    if (records.length >= maxRecords) return undefined;
    const data = readUserRecord(fields.content);
    if (!Buffer.isBuffer(data)) return data;
    records.push(data);
  }
  if (!fields.isComplete) return describeUnknownPart(fields);
  return records.length === 0 ? makeBroken('it holds no record') : records;
}

function readUserRecord(record: Buffer): Buffer | Fault {
  let data: Buffer | undefined;
  const fields = new FieldReader(record);
  while (fields.next()) {
    const { number, wireType } = fields;
    const isIndex = wireType === varint && (number === 1 || number === 2);
    const isTag = wireType === lengthDelimited && number === 4 && isKnownTag(fields.content);
    const isData = wireType === lengthDelimited && number === 3 && data === undefined;
    if (isData) data = fields.content;
    else if (!isIndex && !isTag) return describeUnknownPart(fields);
  }
  if (!fields.isComplete) return describeUnknownPart(fields);
  return data ?? makeBroken('one of its records has no data');
}

function isKnownTag(tag: Buffer): boolean {
  const fields = new FieldReader(tag);
  while (fields.next()) {
    if (fields.wireType !== lengthDelimited || (fields.number !== 1 && fields.number !== 2)) return false;
  }
  return fields.isComplete;
}

function describeUnknownPart({ number, wireType, isComplete }: FieldReader): Fault {
  return makeBroken(
    isComplete
      ? `its field ${number} of wire type ${wireType} is unknown or repeated`
      : 'a length in it points beyond its end',
  );
}

function makeBroken(why: string): Fault {
  return makeFault(
    'broken-aggregate',
    `The body begins like an aggregate of the Kinesis Producer Library, but ${why}`,
  );
}

const varint = 0;
const lengthDelimited = 2;
/** Length of the longest varint, which has 64 bits. */
const maxVarintBytes = 10;

/** Reads the fields of a protocol buffers message sequentially. */
class FieldReader {
  number = 0;
  wireType = 0;
  /** The content of a length-delimited field. */
  content: Buffer = Buffer.alloc(0);
  /** Whether every byte so far belongs to a field. */
  isComplete = true;
  readonly #message: Buffer;
  #at = 0;

  constructor(message: Buffer) {
    this.#message = message;
  }

  /**
   * Advances to the next field. Returns false at the end, or, with `isComplete` set to false, if the bytes are not a
   * field.
   */
  next(): boolean {
    if (this.#at >= this.#message.length) return false;
    const tag = this.#readVarint();
    if (tag === undefined) return false;
    this.wireType = tag % 8;
    this.number = Math.floor(tag / 8);
    if (this.wireType === varint) return this.#readVarint() !== undefined;
    if (this.wireType !== lengthDelimited) return true;
    const length = this.#readVarint();
    if (length === undefined) return false;
    const end = this.#at + length;
    if (end > this.#message.length) {
      this.isComplete = false;
      return false;
    }
    this.content = this.#message.subarray(this.#at, end);
    this.#at = end;
    return true;
  }

  #readVarint(): number | undefined {
    let value = 0;
    for (let index = 0; index < maxVarintBytes; index += 1) {
      const byte = this.#message[this.#at];
      if (byte === undefined) break;
      this.#at += 1;
      value += (byte & 0x7f) * 128 ** index;
      if (byte < 0x80) return value;
    }
    this.isComplete = false;
    return undefined;
  }
}
