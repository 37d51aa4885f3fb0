import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  findChildren,
  parseXml,
  readChildText,
  renderDocument,
  renderElement,
  renderField,
} from '../../../emulators/s3/xml.ts';
import { codePoint } from '../../records/code-points.ts';

test('a document is read with namespaces, attributes, comments and empty elements', () => {
  const text = `\ufeff<?xml version="1.0" encoding="UTF-8"?>
    <!-- a comment -->
    <s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key a='1'> a&amp;b&#x41;&#66; </Key></Object><Quiet/><Object><Key><![CDATA[<&>]]></Key></Object></s3:Delete>
  `;
  const root = parseXml(text, 'Delete');
  expect(findChildren(root, 'Object').map((entry) => readChildText(entry, 'Key'))).toEqual([
    ' a&bAB ',
    '<&>',
  ]);
  expect(readChildText(root, 'Quiet')).toBe('');
  expect(readChildText(root, 'Missing')).toBeUndefined();
});

describe('a body is refused', () => {
  test.each([
    ['that is empty', ''],
    ['that is text', 'Delete'],
    ['with another root', '<Insert></Insert>'],
    ['with two roots', '<Delete></Delete><Delete></Delete>'],
    ['with text beside the root', '<Delete></Delete>x'],
    ['that is cut off', '<Delete><Object>'],
    ['with crossed elements', '<Delete><a></Delete></a>'],
    ['with a closing element too many', '<Delete></Delete></Delete>'],
    ['with an unknown entity', '<Delete>&bomb;</Delete>'],
    ['with an entity called as what every object has', '<Delete>&constructor;</Delete>'],
    ['with a document type', '<!DOCTYPE x [<!ENTITY bomb "x">]><Delete></Delete>'],
    ['with an invalid code point', '<Delete>&#x110000;</Delete>'],
  ])('%s', (_, text) => {
    expect(() => parseXml(text, 'Delete')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});

test('any text is read as it was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), (text) => {
      const root = parseXml(renderDocument('Root', renderElement('Entry', renderField('Key', text))), 'Root');
      expect(readChildText(findChildren(root, 'Entry')[0]!, 'Key')).toBe(text);
    }),
  );
});
