import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { recogniseFormat } from '../../../../lambda/ingest/files/formats.ts';

const html =
  'The file is HTML or XML, not CSV, perhaps an error page that was downloaded in its place: put the CSV file itself';
const json = "The file is JSON, not CSV: put its records into the source's stream, as simledger import does";
const utf16 = 'The file is UTF-16, not UTF-8: save it as UTF-8 and put it again';

describe('a file', () => {
  test.each([
    ['PK\x03\x04rest', 'The file is a zip archive or an Excel workbook, not CSV: put the CSV file itself'],
    ['%PDF-1.7', 'The file is a PDF, not CSV: put the CSV file itself'],
    ['<!DOCTYPE html>', html],
    ['\r\n  <HTML lang="en">', html],
    ['<?xml version="1.0"?>', html],
    ['ï»¿<Error><Code>', html],
    ['{"id":1}', json],
    ['ï»¿ [{"id":1}]', json],
  ])('is not CSV if it begins with %j', (head, reason) => {
    expect(recogniseFormat(Buffer.from(head, 'latin1'))).toMatchObject({
      code: 'unknown-columns',
      problem: reason,
    });
  });

  test.each(['\xff\xfei\0', '\xfe\xff\0i'])('is UTF-16 if it begins with its mark: %j', (head) => {
    expect(recogniseFormat(Buffer.from(head, 'latin1'))).toMatchObject({ code: 'not-utf8', problem: utf16 });
  });

  test('that is packed twice is named', () => {
    expect(recogniseFormat(gzipSync('id'))).toMatchObject({
      code: 'unknown-columns',
      problem: 'The file is gzip inside gzip, not CSV: put the CSV file itself, as it is or packed by gzip',
    });
  });

  test.each(['id,iccid', 'PKG,id', 'PK\x03', '\xffid', '\xfeid', 'id,{,[,<html', '', ' "id"', 'id,%pdf'])(
    'may be CSV if it begins with %j',
    (head) => {
      expect(recogniseFormat(Buffer.from(head, 'latin1'))).toBeUndefined();
    },
  );
});
