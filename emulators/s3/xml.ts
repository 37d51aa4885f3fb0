import { S3Error } from './errors.ts';

/** Text that is already XML. */
export type Xml = string;

/** Namespace of S3's documents. */
const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A whole document with the given root. */
export function renderDocument(root: string, ...children: readonly Xml[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${children.join('')}</${root}>`;
}

/** An error document, which has no namespace. */
export function renderError(fields: Readonly<Record<string, string>>): string {
  const children = Object.entries(fields).map(([name, value]) => renderField(name, value));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${children.join('')}</Error>`;
}

/** An element that contains elements. */
export function renderElement(name: string, ...children: readonly Xml[]): Xml {
  return `<${name}>${children.join('')}</${name}>`;
}

/** An element that contains a value; empty if the value is undefined. */
export function renderField(name: string, value: string | number | boolean | undefined): Xml {
  return value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`;
}

const escapes: ReadonlyMap<string, string> = new Map(
  Object.entries({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }),
);

function escapeXml(text: string): string {
  // Control characters are written as references, because keys may contain them and parsers would normalize or refuse
  // them.
  return text.replace(
    /[&<>"\p{Cc}]/gu,
    (found) => escapes.get(found) ?? `&#x${found.charCodeAt(0).toString(16)};`,
  );
}

/** A parsed element. */
export interface XmlElement {
  /** Name without a namespace prefix. */
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** The text directly inside, with entities resolved and white space kept. */
  readonly text: string;
}

/** The children of an element with a given name. */
export function findChildren(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/** The text of the first child with a given name; undefined if no child has the name. */
export function readChildText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

const token =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s/<>!?]+)([^<>]*?)(\/?)>|([^<]+)/gy;

/**
 * Parses a request's document. Reads elements and text; skips attributes, comments and processing instructions; refuses
 * document types.
 *
 * @throws S3Error `MalformedXML` if the text is not a document, or its root has another name.
 */
export function parseXml(text: string, root: string): XmlElement {
  const top = openElement('');
  const open = [top];
  let position = 0;
  for (const match of text.matchAll(token)) {
    position = match.index + match[0].length;
    readToken(match, open);
  }
  const document = top.children[0];
  const whole = position === text.length && open.length === 1 && top.children.length === 1;
  if (!whole || top.text.trim().replace('\ufeff', '') !== '' || document?.name !== root)
    throw makeMalformedXml();
  return document;
}

/** Refuses a body that is not the document that its operation requires. */
export function makeMalformedXml(): S3Error {
  return new S3Error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

interface OpenElement {
  readonly name: string;
  readonly children: OpenElement[];
  text: string;
}

function openElement(name: string): OpenElement {
  return { name: name.replace(/^.*:/, ''), children: [], text: '' };
}

function readToken(match: RegExpExecArray, open: OpenElement[]): void {
  const [, verbatim, closing, name, , empty, text] = match;
  const parent = open.at(-1);
  if (parent === undefined) throw makeMalformedXml();
  if (verbatim !== undefined) parent.text += verbatim;
  else if (text !== undefined) parent.text += resolveEntities(text);
  else if (name !== undefined && closing === '/') {
    if (open.length < 2 || open.pop()?.name !== openElement(name).name) throw makeMalformedXml();
  } else if (name !== undefined) {
    const child = openElement(name);
    parent.children.push(child);
    if (empty !== '/') open.push(child);
  }
}

const entities: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }),
);

function resolveEntities(text: string): string {
  return text.replace(/&([^;]*);?/g, (_, name: string) => {
    const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
    if (number === null) return entities.get(name) ?? refuseEntity();
    const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : refuseEntity();
  });
}

function refuseEntity(): never {
  throw makeMalformedXml();
}
