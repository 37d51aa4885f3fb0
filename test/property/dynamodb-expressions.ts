import { type AttributeValue, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lambda/store/items.ts';
import { compareNumbers } from './dynamodb-values.ts';
import { reservedWords } from './reserved-words.ts';

/**
 * Conditions and updates in DynamoDB's expression language, as far as the store writes them: `SET` with
 * `if_not_exists`, `REMOVE`, comparisons, `attribute_exists`, `attribute_not_exists`, `AND`, `OR`, `NOT`, parentheses.
 * Whatever else stands in an expression is refused, as DynamoDB refuses what it does not know.
 */

/** What a request says in expressions. */
export interface ExpressionInput {
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
}

/** A request's expressions, checked and ready to be applied. */
export interface Expressions {
  /** Whether the condition holds for what is stored. */
  holds(stored: Item | undefined): boolean;
  /** What the update makes of what is stored. */
  update(stored: Item | undefined, key: Item): Item;
  /** The attributes that the update touches. */
  readonly updated: readonly string[];
}

/** What DynamoDB answers to a request that is wrong in itself. */
export function validationException(message: string): DynamoDBServiceException {
  return new DynamoDBServiceException({
    name: 'ValidationException',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
    message,
  });
}

type Operand = { readonly path: string } | { readonly value: string };
type Condition =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Condition[] }
  | { readonly kind: 'not'; readonly term: Condition }
  | { readonly kind: 'exists' | 'not exists'; readonly path: string }
  | { readonly kind: 'compare'; readonly sign: string; readonly left: Operand; readonly right: Operand };
type Assignment = { readonly path: string; readonly unless?: string; readonly operand: Operand };
interface Update {
  readonly sets: readonly Assignment[];
  readonly removes: readonly string[];
}

/** Bytes that an expression may have. */
const longestExpression = 4096;
/** Operators and functions that an expression may have. */
const maxOperators = 300;

/**
 * Reads a request's expressions.
 *
 * @throws DynamoDBServiceException named ValidationException for what DynamoDB would not take.
 */
export function readExpressions(input: ExpressionInput): Expressions {
  const { ConditionExpression: condition, UpdateExpression: update } = input;
  const parsedCondition = condition === undefined ? undefined : parsed(condition, conditions, parseCondition);
  const parsedUpdate = update === undefined ? undefined : parsed(update, updates, parseUpdate);
  const names = new Substitutions(input.ExpressionAttributeNames, 'Names', '#');
  const values = new Substitutions(input.ExpressionAttributeValues, 'Values', ':');
  for (const { paths, valueNames } of [parsedCondition, parsedUpdate].filter((one) => one !== undefined)) {
    for (const path of paths) names.use(path);
    for (const value of valueNames) values.use(value);
  }
  names.refuseUnused();
  values.refuseUnused();
  const terms: Terms = { nameOf: (path) => names.get(path), valueOf: (name) => values.get(name) };
  const updated = parsedUpdate === undefined ? [] : touched(parsedUpdate.tree, terms);
  return {
    holds: (stored) => parsedCondition === undefined || isTrue(parsedCondition.tree, stored, terms),
    update: (stored, key) =>
      parsedUpdate === undefined ? (stored ?? key) : applied(parsedUpdate.tree, stored, key, terms),
    updated,
  };
}

/**
 * Reads a projection of whole attributes.
 *
 * @returns what is left of an item.
 * @throws DynamoDBServiceException named ValidationException for what DynamoDB would not take.
 */
export function readProjection(
  expression: string | undefined,
  names: Record<string, string> | undefined,
): (item: Item) => Item {
  if (expression === undefined) return (item) => ({ ...item });
  const { paths } = parsed(expression, projections, parseProjection);
  const substitutions = new Substitutions(names, 'Names', '#');
  for (const path of paths) substitutions.use(path);
  substitutions.refuseUnused();
  const wanted = new Set(paths.map((path) => substitutions.get(path)));
  return (item) => Object.fromEntries(Object.entries(item).filter(([name]) => wanted.has(name)));
}

interface Terms {
  readonly nameOf: (path: string) => string;
  readonly valueOf: (name: string) => AttributeValue;
}

/** What stands for `#name` or `:value`, and whether it is used. */
class Substitutions<Substitute> {
  readonly #given: Record<string, Substitute>;
  readonly #what: string;
  readonly #sign: string;
  readonly #used = new Set<string>();

  constructor(given: Record<string, Substitute> | undefined, what: string, sign: string) {
    if (given !== undefined && Object.keys(given).length === 0) {
      throw validationException(`ExpressionAttribute${what} must not be empty`);
    }
    this.#given = given ?? {};
    this.#what = what;
    this.#sign = sign;
  }

  use(name: string): void {
    if (!name.startsWith(this.#sign)) return;
    if (this.#given[name] === undefined) {
      throw validationException(
        `Invalid expression: ${name} is not defined in ExpressionAttribute${this.#what}`,
      );
    }
    this.#used.add(name);
  }

  /** A bare name stands for itself. */
  get(name: string): Substitute {
    return this.#given[name] ?? (name as Substitute);
  }

  refuseUnused(): void {
    const unused = Object.keys(this.#given).filter((name) => !this.#used.has(name));
    if (unused.length === 0) return;
    throw validationException(
      `Value provided in ExpressionAttribute${this.#what} unused in expressions: keys: {${unused.join(', ')}}`,
    );
  }
}

function isTrue(condition: Condition, stored: Item | undefined, terms: Terms): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.terms.every((term) => isTrue(term, stored, terms));
    case 'or':
      return condition.terms.some((term) => isTrue(term, stored, terms));
    case 'not':
      return !isTrue(condition.term, stored, terms);
    case 'exists':
      return stored?.[terms.nameOf(condition.path)] !== undefined;
    case 'not exists':
      return stored?.[terms.nameOf(condition.path)] === undefined;
    case 'compare':
      return compares(
        condition.sign,
        operandOf(condition.left, stored, terms),
        operandOf(condition.right, stored, terms),
      );
  }
}

function operandOf(operand: Operand, stored: Item | undefined, terms: Terms): AttributeValue | undefined {
  return 'path' in operand ? stored?.[terms.nameOf(operand.path)] : terms.valueOf(operand.value);
}

/** What is missing or of another type compares as false, except with `<>`. */
function compares(
  sign: string,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  const order = orderOf(left, right);
  switch (sign) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order !== undefined && order < 0;
    case '<=':
      return order !== undefined && order <= 0;
    case '>':
      return order !== undefined && order > 0;
    default:
      return order !== undefined && order >= 0;
  }
}

function orderOf(left: AttributeValue | undefined, right: AttributeValue | undefined): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (left.S !== undefined && right.S !== undefined) return compareStrings(left.S, right.S);
  if (left.N !== undefined && right.N !== undefined) return compareNumbers(left.N, right.N);
  if (left.BOOL !== undefined && right.BOOL !== undefined) return left.BOOL === right.BOOL ? 0 : undefined;
  return undefined;
}

/** Strings are ordered by their UTF-8 bytes. */
function compareStrings(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function touched({ sets, removes }: Update, { nameOf }: Terms): string[] {
  const names = [...sets.map(({ path }) => nameOf(path)), ...removes.map(nameOf)];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw validationException(`Invalid UpdateExpression: Two document paths overlap with each other: ${twice}`);
}

function applied({ sets, removes }: Update, stored: Item | undefined, key: Item, terms: Terms): Item {
  const item: Item = { ...(stored ?? key) };
  for (const { path, unless, operand } of sets) {
    const kept = unless === undefined ? undefined : stored?.[terms.nameOf(unless)];
    const value = kept ?? operandOf(operand, stored, terms);
    if (value === undefined) {
      throw validationException(
        'The provided expression refers to an attribute that does not exist in the item',
      );
    }
    item[terms.nameOf(path)] = value;
  }
  for (const path of removes) delete item[terms.nameOf(path)];
  return item;
}

interface Parsed<Tree> {
  readonly tree: Tree;
  readonly paths: readonly string[];
  readonly valueNames: readonly string[];
}

/** The store has few expressions and uses them often. */
const conditions = new Map<string, Parsed<Condition>>();
const updates = new Map<string, Parsed<Update>>();
const projections = new Map<string, Parsed<readonly string[]>>();
const maxRemembered = 5_000;

function parsed<Tree>(
  text: string,
  known: Map<string, Parsed<Tree>>,
  parse: (tokens: Tokens) => Tree,
): Parsed<Tree> {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (Buffer.byteLength(text) > longestExpression) {
    throw validationException('Expression size has exceeded the maximum allowed size');
  }
  const tokens = new Tokens(text);
  const tree = parse(tokens);
  tokens.end();
  const result = { tree, paths: [...tokens.paths], valueNames: [...tokens.valueNames] };
  if (known.size >= maxRemembered) known.clear();
  known.set(text, result);
  return result;
}

const tokenPattern = /\s*(<>|<=|>=|[=<>(),]|[#:]\w+|[A-Za-z]\w*)/y;

/** An expression's tokens, one after the other. */
class Tokens {
  readonly paths = new Set<string>();
  readonly valueNames = new Set<string>();
  readonly #text: string;
  #at = 0;
  #operators = 0;

  constructor(text: string) {
    this.#text = text.trimEnd();
    if (this.#text === '') throw validationException('Invalid expression: The expression can not be empty');
  }

  /** The next token, left where it is; empty at the end. */
  peek(): string {
    if (this.#at >= this.#text.length) return '';
    tokenPattern.lastIndex = this.#at;
    const token = tokenPattern.exec(this.#text)?.[1];
    if (token === undefined) throw this.#syntaxError(this.#text.slice(this.#at, this.#at + 10));
    return token;
  }

  take(): string {
    const token = this.peek();
    this.#at = Math.max(tokenPattern.lastIndex, this.#at);
    return token;
  }

  takeIf(word: string): boolean {
    if (this.peek().toUpperCase() !== word) return false;
    this.take();
    return true;
  }

  expect(word: string): void {
    const token = this.take();
    if (token.toUpperCase() !== word) throw this.#syntaxError(token);
  }

  operator(): void {
    this.#operators += 1;
    if (this.#operators > maxOperators) {
      throw validationException('The expression contains too many operators');
    }
  }

  path(): string {
    const token = this.take();
    if (!/^[#A-Za-z]/.test(token)) throw this.#syntaxError(token);
    if (!token.startsWith('#') && reservedWords.has(token.toUpperCase())) {
      throw validationException(
        `Invalid expression: Attribute name is a reserved keyword; reserved keyword: ${token}`,
      );
    }
    this.paths.add(token);
    return token;
  }

  operand(): Operand {
    if (!this.peek().startsWith(':')) return { path: this.path() };
    const value = this.take();
    this.valueNames.add(value);
    return { value };
  }

  end(): void {
    if (this.peek() !== '') throw this.#syntaxError(this.peek());
  }

  #syntaxError(token: string): Error {
    return validationException(`Invalid expression: Syntax error; token: "${token}", in: ${this.#text}`);
  }
}

function parseCondition(tokens: Tokens): Condition {
  const terms = [parseConjunction(tokens)];
  while (tokens.takeIf('OR')) {
    tokens.operator();
    terms.push(parseConjunction(tokens));
  }
  return { kind: 'or', terms };
}

function parseConjunction(tokens: Tokens): Condition {
  const terms = [parseTerm(tokens)];
  while (tokens.takeIf('AND')) {
    tokens.operator();
    terms.push(parseTerm(tokens));
  }
  return { kind: 'and', terms };
}

function parseTerm(tokens: Tokens): Condition {
  tokens.operator();
  if (tokens.takeIf('NOT')) return { kind: 'not', term: parseTerm(tokens) };
  if (tokens.takeIf('(')) {
    const condition = parseCondition(tokens);
    tokens.expect(')');
    return condition;
  }
  const word = tokens.peek();
  if (word === 'attribute_exists' || word === 'attribute_not_exists') {
    tokens.take();
    tokens.expect('(');
    const path = tokens.path();
    tokens.expect(')');
    return { kind: word === 'attribute_exists' ? 'exists' : 'not exists', path };
  }
  const left = tokens.operand();
  const sign = tokens.take();
  if (!['=', '<>', '<', '<=', '>', '>='].includes(sign)) {
    throw validationException(`Invalid ConditionExpression: Syntax error; token: "${sign}"`);
  }
  return { kind: 'compare', sign, left, right: tokens.operand() };
}

function parseProjection(tokens: Tokens): readonly string[] {
  const paths = [tokens.path()];
  while (tokens.takeIf(',')) paths.push(tokens.path());
  if (new Set(paths).size < paths.length) {
    throw validationException('Invalid ProjectionExpression: Two document paths overlap with each other');
  }
  return paths;
}

function parseUpdate(tokens: Tokens): Update {
  const sets: Assignment[] = [];
  const removes: string[] = [];
  const seen = new Set<string>();
  while (tokens.peek() !== '') {
    const clause = tokens.take().toUpperCase();
    if ((clause !== 'SET' && clause !== 'REMOVE') || seen.has(clause)) {
      throw validationException(`Invalid UpdateExpression: Syntax error; token: "${clause}"`);
    }
    seen.add(clause);
    do {
      if (clause === 'SET') sets.push(parseAssignment(tokens));
      else removes.push(tokens.path());
    } while (tokens.takeIf(','));
  }
  return { sets, removes };
}

function parseAssignment(tokens: Tokens): Assignment {
  const path = tokens.path();
  tokens.expect('=');
  tokens.operator();
  if (tokens.peek() !== 'if_not_exists') return { path, operand: tokens.operand() };
  tokens.take();
  tokens.operator();
  tokens.expect('(');
  const unless = tokens.path();
  tokens.expect(',');
  const operand = tokens.operand();
  tokens.expect(')');
  return { path, unless, operand };
}
