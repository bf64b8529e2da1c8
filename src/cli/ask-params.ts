import { UsageError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { readParam } from '../runbook/param-value.ts';
import { missingParams } from '../runbook/params.ts';
import type { Param, Runbook } from '../runbook/runbook.ts';
import type { Cli } from './cli.ts';
import { type ParamFlags, paramsOfEnvironment, parsePairs, readParamsFile } from './params.ts';
import { askChoice, askSecret, askText } from './prompt.ts';

type Given = Readonly<Record<string, Json>>;

/**
 * Parameters from `-p`, then `--params-file`, then RUNBOOK_PARAM_NAME, then a prompt where somebody can
 * be asked. Defaults are the runbook's own affair.
 */
export async function gatherParams(cli: Cli, runbook: Runbook, flags: ParamFlags): Promise<Given> {
  const given = await givenParams(cli, flags, (name) => name in runbook.params);
  for (const name of Object.keys(parsePairs(flags.param ?? []))) {
    if (runbook.params[name]?.secret === true) {
      cli.warn(
        `\`${name}\` is secret, and \`-p\` shows it to everybody on this host: use RUNBOOK_PARAM_${name.toUpperCase()} or \`--params-file -\``,
      );
    }
  }
  const missing = missingParams(runbook, given);
  if (missing.length > 0 && !cli.settings.interactive) {
    throw missingError(missing);
  }
  return { ...given, ...(await askAll(cli, runbook, missing)) };
}

/** What was given without asking. The environment may hold names for other runbooks: `isKnown` picks. */
export async function givenParams(
  cli: Cli,
  flags: ParamFlags,
  isKnown: (name: string) => boolean,
): Promise<Given> {
  const environment = Object.entries(paramsOfEnvironment(cli.io.env)).filter(([name]) =>
    isKnown(name),
  );
  const file = flags.paramsFile === undefined ? {} : await readParamsFile(flags.paramsFile, cli);
  return { ...Object.fromEntries(environment), ...file, ...parsePairs(flags.param ?? []) };
}

function missingError(missing: readonly string[]): UsageError {
  const flags = missing.map((name) => `-p ${name}=…`).join(' ');
  return new UsageError({
    code: 'param_missing',
    message: `no value for ${missing.map((name) => `\`${name}\``).join(', ')}`,
    hint: `give it with \`${flags}\`, \`--params-file FILE\` or RUNBOOK_PARAM_${(missing[0] ?? '').toUpperCase()}`,
  });
}

async function askAll(cli: Cli, runbook: Runbook, missing: readonly string[]): Promise<Given> {
  const answers: Record<string, Json> = {};
  for (const name of missing) {
    const param = runbook.params[name];
    if (param !== undefined) {
      // One question after the other.
      answers[name] = await askParam(cli, name, param);
    }
  }
  return answers;
}

/** Asks until the answer fits. */
async function askParam(cli: Cli, name: string, param: Param): Promise<Json> {
  const message = param.description === null ? name : `${name} (${param.description})`;
  if (param.enum !== null && !param.secret) {
    return askChoice(cli, message, param.enum.map(String));
  }
  for (;;) {
    const answer = await (param.secret ? askSecret : askText)(cli, message);
    const read = readParam(name, param, answer);
    if ('value' in read) {
      return answer;
    }
    cli.say(read.message);
  }
}
