import type { Sha256 } from './ids.ts';
import type { Json } from './json.ts';

/** What an expression may be given: JSON, times, and what it can pass on but never look into. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Date
  | Secret
  | Mark
  | readonly Value[]
  | { readonly [key: string]: Value };

export type Scope = Readonly<Record<string, Value>>;

/** Stands for a secret's value: by its name, and by the commitment that pins it. */
export class Secret {
  readonly name: string;
  readonly commitment: Sha256;
  constructor(name: string, commitment: Sha256) {
    this.name = name;
    this.commitment = commitment;
  }
}

/** Stands for a value that is not known yet, by its name: `steps.health.outputs.leader`. */
export class Mark {
  readonly name: string;
  /** Written as an ordinary letter: what else a text holds then shows. */
  readonly blank: boolean;
  constructor(name: string, blank: boolean) {
    this.name = name;
    this.blank = blank;
  }
}

/** `offset` counts UTF-16 units from the start of the expression. */
export interface ExpressionProblem {
  readonly message: string;
  readonly offset: number;
  readonly hint?: string | undefined;
}

/** An expression is wrong, or has no value in this scope. Callers say where it stands. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly offset: number;
  readonly hint: string | undefined;
  constructor(problem: ExpressionProblem) {
    super(problem.message);
    this.offset = problem.offset;
    this.hint = problem.hint;
  }
}

/** JSON's whole numbers become ints, which JavaScript keeps as BigInt. */
export function toCel(value: Value): unknown {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  if (
    typeof value !== 'object' ||
    value === null ||
    value instanceof Date ||
    value instanceof Secret ||
    value instanceof Mark
  ) {
    return value;
  }
  return Array.isArray(value)
    ? value.map(toCel)
    : toCelMap(value as { readonly [key: string]: Value });
}

/** All facts of every decision of policy go through here. */
function toCelMap(value: { readonly [key: string]: Value }): object {
  const made: Record<string, unknown> = {};
  for (const [key, it] of Object.entries(value)) {
    if (key === '__proto__') {
      Object.defineProperty(made, key, { value: toCel(it), enumerable: true });
    } else {
      made[key] = toCel(it);
    }
  }
  return made;
}

/** The way back. Throws ExpressionError for what JSON cannot say exactly. */
export function toJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return value;
  }
  if (typeof value === 'bigint' || typeof value === 'number') {
    return toNumber(value);
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (Array.isArray(value)) {
    return value.map(toJson);
  }
  if (value instanceof Secret) {
    throw new ExpressionError({
      message: `the secret \`${value.name}\` must stand alone`,
      offset: 0,
    });
  }
  if (value instanceof Mark) {
    throw new ExpressionError({
      message: `\`${value.name}\` must stand alone: nobody knows it yet`,
      offset: 0,
    });
  }
  return toObject(value);
}

function toNumber(value: bigint | number): number {
  const number = Number(value);
  const exact = typeof value === 'bigint' ? Number.isSafeInteger(number) : Number.isFinite(number);
  if (!exact) {
    throw new ExpressionError({ message: `the result ${value} is not an exact number`, offset: 0 });
  }
  return number;
}

function toObject(value: unknown): Json {
  const entries =
    value instanceof Map ? [...(value as Map<unknown, unknown>)] : plainEntries(value);
  if (entries === null) {
    throw new ExpressionError({
      message: 'the result is not text, number, bool, list or map',
      offset: 0,
    });
  }
  return Object.fromEntries(entries.map(([key, it]) => [String(key), toJson(it)]));
}

function plainEntries(value: unknown): [unknown, unknown][] | null {
  const plain = typeof value === 'object' && value !== null;
  const prototype: unknown = plain ? Object.getPrototypeOf(value) : undefined;
  return plain && (prototype === Object.prototype || prototype === null)
    ? Object.entries(value)
    : null;
}
