import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { parseYaml, plainValue } from '../base/yaml.ts';
import type { Cli } from './cli.ts';
import { readAll } from './io.ts';

/** The flags by which parameters are given. */
export interface ParamFlags {
  readonly param?: readonly string[];
  readonly paramsFile?: string;
}

/** `-p key=value`, in order; the later of two wins. Everything is text until its type is known. */
export function parsePairs(
  pairs: readonly string[],
  flag: '-p' | '-o' = '-p',
): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs.map((pair) => parsePair(pair, flag)));
}

function parsePair(pair: string, flag: string): [string, string] {
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  if (at < 1 || !/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new UsageError({
      code: 'param_form',
      message: `\`${flag} ${pair}\` does not give a ${flag === '-p' ? 'parameter' : 'value'}`,
      hint: `write it as in \`${flag} ${flag === '-p' ? 'cluster=demo' : 'leader=db2'}\``,
    });
  }
  return [name, pair.slice(at + 1)];
}

/** `--params-file FILE|-`: a JSON or YAML object. */
export async function readParamsFile(file: string, cli: Cli): Promise<JsonObject> {
  const text =
    file === '-' ? await readAll(cli.io.stdin) : readTextFile(resolve(cli.io.cwd, file), file);
  const value = plainValue(parseYaml(text, file, 'params_file_invalid').root);
  if (!isObject(value)) {
    throw new UsageError({
      code: 'params_file_invalid',
      message: `${file}: an object of parameters belongs here`,
      hint: 'write it as in `{"cluster": "demo"}`',
    });
  }
  return value;
}

/** `RUNBOOK_PARAM_CLUSTER` gives `cluster`. An empty one counts as not given. */
export function paramsOfEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const prefix = 'RUNBOOK_PARAM_';
  const given = Object.entries(env).flatMap(([key, value]): [string, string][] =>
    key.startsWith(prefix) && value !== undefined && value !== ''
      ? [[key.slice(prefix.length).toLowerCase(), value]]
      : [],
  );
  return Object.fromEntries(given);
}

/** A text file that a flag names. Throws UsageError `file_unreadable`. */
export function readTextFile(path: string, asTyped: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError({
      code: 'file_unreadable',
      message: `\`${asTyped}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    });
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
