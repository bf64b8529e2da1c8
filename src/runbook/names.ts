import type { Shape } from '../base/expression.ts';
import type { Site } from './parse/site.ts';
import type { Param } from './runbook.ts';

/** What expressions of one step can name. */
export interface Names {
  readonly params: Readonly<Record<string, Param | null>>;
  /** The steps above, with their outputs and whether these are secret. */
  readonly steps: Readonly<Record<string, Readonly<Record<string, { readonly secret: boolean }>>>>;
  /** Ids of this step and those below. */
  readonly later: readonly string[];
}

/** True for a path that leads to a secret's value, or into it. */
export function isSecretPath(path: readonly string[], { params, steps }: Names): boolean {
  const [root, name = '', field, output = ''] = path;
  if (root === 'params') {
    return params[name]?.secret === true;
  }
  return root === 'steps' && field === 'outputs' && steps[name]?.[output]?.secret === true;
}

/** The variables of a text, with what is known of their types. */
export function shapesFor(site: Site, names: Names): Readonly<Record<string, Shape>> {
  const own = site.where === 'that' || site.where === 'output' ? ownResults(site.of) : {};
  return {
    params: mapValues(names.params, paramShape),
    steps: mapValues(names.steps, (outputs) => ({
      status: 'string',
      exit_code: 'dyn',
      outputs: mapValues(outputs, () => 'dyn'),
    })),
    environment: { name: 'string', protected: 'bool', vars: 'dyn' },
    run: { id: 'string', reason: 'dyn', ticket: 'dyn' },
    initiator: { kind: 'string', caller: 'string', person: 'dyn', agent: 'dyn' },
    ...own,
  };
}

/** A value that may be null, or a whole or broken number, has no type before there are values. */
function paramShape(param: Param | null): Shape {
  if (param === null || param.secret || (!param.required && param.default === null)) {
    return 'dyn';
  }
  return paramShapes[param.type];
}

const paramShapes = { string: 'string', integer: 'int', number: 'dyn', boolean: 'bool' } as const;

function ownResults(kind: Site['of']): Readonly<Record<string, Shape>> {
  const response = { status: 'int', headers: 'dyn', body: 'string', json: 'dyn' } as const;
  const process = { stdout: 'string', json: 'dyn', exit_code: 'int' } as const;
  if (kind === null) {
    return { response, ...process };
  }
  return kind === 'http' ? { response } : process;
}

function mapValues<T>(
  record: Readonly<Record<string, T>>,
  map: (value: T) => Shape,
): Readonly<Record<string, Shape>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
