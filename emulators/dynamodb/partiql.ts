/** A condition on an item's attributes. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Condition[] }
  | { readonly kind: 'not'; readonly term: Condition }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'compare'; readonly name: string; readonly sign: string; readonly parameter: number };

/** A PartiQL statement that writes. Numbers are indexes of parameters, from 0. */
export type Statement = { readonly table: string; readonly parameterCount: number } & (
  | { readonly kind: 'insert'; readonly item: ReadonlyMap<string, number> }
  | {
      readonly kind: 'update';
      readonly sets: ReadonlyMap<string, number>;
      readonly removes: readonly string[];
      /** Terms that are joined by AND, including the key. */
      readonly terms: readonly Condition[];
    }
);

/** A statement that the local DynamoDB does not support, or that is invalid. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}

/** The most characters of a statement. */
export const maxStatementLength = 8_192;
/** The most operators and parentheses of a condition. This limits the depth of recursion. */
const maxOperators = 300;
const token = /\s*(?:"((?:[^"]|"")+)"|'((?:[^']|'')*)'|(<>|<=|>=|[=<>(){},:?])|([A-Za-z_]\w*))/y;

interface Token {
  readonly kind: 'name' | 'string' | 'sign' | 'word' | 'unknown' | 'end';
  readonly text: string;
}

/**
 * Parses `INSERT INTO "T" VALUE {'a': ?}` and `UPDATE "T" SET "a" = ? REMOVE "b" WHERE …`. Names must be in double
 * quotes; DynamoDB also accepts names without quotes, except its many reserved words.
 *
 * @throws StatementError that says what is not supported.
 */
export function parseStatement(text: string): Statement {
  return new Parser(text).statement();
}

class Parser {
  readonly #tokens: Token[] = [];
  #at = 0;
  #parameters = 0;
  #operators = 0;

  constructor(text: string) {
    const trimmed = text.trimEnd();
    token.lastIndex = 0;
    for (let at = 0; at < trimmed.length; at = token.lastIndex) {
      token.lastIndex = at;
      const match = token.exec(trimmed);
      if (match === null) {
        // The parser refuses the token when it reaches it, so that earlier mistakes are reported first.
        this.#tokens.push({ kind: 'unknown', text: trimmed.slice(at, at + 20).trim() });
        return;
      }
      const [, name, string, sign, word] = match;
      if (name !== undefined) this.#tokens.push({ kind: 'name', text: name.replaceAll('""', '"') });
      else if (string !== undefined)
        this.#tokens.push({ kind: 'string', text: string.replaceAll("''", "'") });
      else if (sign !== undefined) this.#tokens.push({ kind: 'sign', text: sign });
      else this.#tokens.push({ kind: 'word', text: word ?? '' });
    }
  }

  statement(): Statement {
    if (this.#takeIf('INSERT')) return this.#insert();
    if (this.#takeIf('UPDATE')) return this.#update();
    throw makeUnsupportedError(this.#peek().text);
  }

  #insert(): Statement {
    this.#expect('INTO');
    const table = this.#name();
    this.#expect('VALUE');
    this.#expect('{');
    const item = new Map<string, number>();
    do {
      const { kind, text } = this.#take();
      if (kind !== 'string') throw makeUnsupportedError(text);
      if (item.has(text)) throw new StatementError(`The item has the attribute ${text} twice`);
      this.#expect(':');
      item.set(text, this.#parameter());
    } while (this.#takeIf(','));
    this.#expect('}');
    this.#end();
    return { kind: 'insert', table, item, parameterCount: this.#parameters };
  }

  #update(): Statement {
    const table = this.#name();
    const sets = new Map<string, number>();
    const removes: string[] = [];
    while (!this.#takeIf('WHERE')) {
      const isSet = this.#takeIf('SET');
      if (!isSet) this.#expect('REMOVE');
      do {
        const name = this.#name();
        if (sets.has(name) || removes.includes(name)) {
          throw new StatementError(`Two document paths overlap with each other: ${name}`);
        }
        if (isSet) {
          this.#expect('=');
          sets.set(name, this.#parameter());
        } else removes.push(name);
      } while (this.#takeIf(','));
    }
    const condition = this.#condition();
    this.#end();
    if (sets.size + removes.length === 0) throw makeUnsupportedError('WHERE');
    const terms = condition.kind === 'and' ? condition.terms : [condition];
    return { kind: 'update', table, sets, removes, terms, parameterCount: this.#parameters };
  }

  #condition(): Condition {
    const terms = [this.#conjunction()];
    while (this.#takeIf('OR')) terms.push(this.#conjunction());
    return join('or', terms);
  }

  #conjunction(): Condition {
    const terms = [this.#term()];
    while (this.#takeIf('AND')) terms.push(this.#term());
    return join('and', terms);
  }

  #term(): Condition {
    this.#operators += 1;
    if (this.#operators > maxOperators) {
      throw new StatementError(`A condition must have at most ${maxOperators} operators and parentheses`);
    }
    if (this.#takeIf('NOT')) return { kind: 'not', term: this.#term() };
    if (this.#takeIf('(')) {
      const condition = this.#condition();
      this.#expect(')');
      return condition;
    }
    const name = this.#name();
    if (this.#takeIf('IS')) {
      const isNot = this.#takeIf('NOT');
      this.#expect('MISSING');
      const term: Condition = { kind: 'missing', name };
      return isNot ? { kind: 'not', term } : term;
    }
    const sign = this.#take().text;
    if (!['=', '<>', '<', '<=', '>', '>='].includes(sign)) throw makeUnsupportedError(sign);
    return { kind: 'compare', name, sign, parameter: this.#parameter() };
  }

  #parameter(): number {
    this.#expect('?');
    this.#parameters += 1;
    return this.#parameters - 1;
  }

  #name(): string {
    const { kind, text } = this.#take();
    if (kind !== 'name') throw makeUnsupportedError(text);
    return text;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'the end of the statement' };
  }

  #take(): Token {
    const next = this.#peek();
    this.#at += 1;
    return next;
  }

  #takeIf(text: string): boolean {
    const { kind, text: next } = this.#peek();
    const fits = (kind === 'word' || kind === 'sign') && next.toUpperCase() === text;
    if (fits) this.#at += 1;
    return fits;
  }

  #expect(text: string): void {
    if (!this.#takeIf(text)) throw makeUnsupportedError(this.#peek().text);
  }

  #end(): void {
    if (this.#peek().kind !== 'end') throw makeUnsupportedError(this.#peek().text);
  }
}

function join(kind: 'and' | 'or', terms: readonly Condition[]): Condition {
  const [first] = terms;
  return first !== undefined && terms.length === 1 ? first : { kind, terms };
}

function makeUnsupportedError(text: string): StatementError {
  return new StatementError(
    `The local DynamoDB does not accept this statement at: ${text}. It accepts INSERT INTO "table" VALUE {'name': ?} and UPDATE "table" SET "name" = ? REMOVE "name" WHERE key AND condition, with parameters for all values.`,
  );
}
