import { lazy } from '../../base/lazy.ts';
import { InvalidFileError } from '../../base/problem.ts';
import { parseYaml, positionIn, valueOf, type YamlNode } from '../../base/yaml.ts';
import { invalid, type Located, readDocument } from '../../base/yaml-schema.ts';
import type { Names } from '../names.ts';
import type { PlannedStep } from '../plan.ts';
import type { Inherited, Runbook } from '../runbook.ts';
import { type RunbookFile, runbookSchema } from '../schema.ts';
import { checkSite } from './check-sites.ts';
import { parseParam } from './parse-param.ts';
import { parseEnv, parseStep, refuseReserved } from './parse-step.ts';
import type { Reading } from './site.ts';

/**
 * Reads a runbook. Throws InvalidFileError `runbook_invalid` (exit 2) with every problem in it: shape,
 * names, types of expressions, secrets in the wrong place. `file` is only for messages.
 */
export function parseRunbook(text: string, file: string): Runbook {
  const document = parseYaml(text, file, 'runbook_invalid');
  const { value, problems } = readDocument(runbookSchema, document);
  const report: Reading['report'] = (node, { message, hint, offset }) => {
    const at = offset === undefined ? node.at : positionIn(node, offset);
    problems.push({ file, ...at, message, hint });
  };
  const runbook = value === invalid ? null : assemble(value, document.root, report);
  if (runbook === null || problems.length > 0) {
    throw new InvalidFileError(document.code, problems, text);
  }
  return runbook;
}

const lists = ['preconditions', 'steps', 'finally'] as const;

function assemble(file: RunbookFile, root: YamlNode, report: Reading['report']): Runbook {
  refuseRepeatedIds(file, report);
  const params = parseParams(file, report);
  const names = collectNames(params, root);
  const read = <T>(at: YamlNode | null, parse: (reading: Reading) => T): T =>
    readWith(
      lazy(() => names(at)),
      report,
      parse,
    );
  const stepsOf = (list: PlannedStep['list']): readonly PlannedStep[] =>
    file[list]
      .map((step) => read(step.node, (reading) => parseStep(step, list, reading)))
      .filter((step) => step !== null);
  return {
    name: file.name,
    description: file.description,
    approvals: file.approvals,
    params,
    env: read(null, (reading) => parseEnv(file.env, reading)),
    inherit: read(null, (reading) => file.inherit.map((it) => parseInherited(it, reading))),
    preconditions: stepsOf('preconditions'),
    steps: stepsOf('steps'),
    finally: stepsOf('finally'),
  };
}

/** Reads a part of the file, then checks the expressions that stand in it; most parts have none. */
function readWith<T>(
  names: () => Names,
  report: Reading['report'],
  parse: (reading: Reading) => T,
): T {
  const reading: Reading = { sites: [], report };
  const result = parse(reading);
  for (const site of reading.sites) {
    for (const flaw of checkSite(site, names)) {
      report(site.node, flaw);
    }
  }
  return result;
}

function refuseRepeatedIds(file: RunbookFile, report: Reading['report']): void {
  const first = new Map<string, number>();
  const ids = lists.flatMap((list) => file[list]).map((step) => step.value.id);
  for (const { value, node } of ids.filter((id) => id.value !== '')) {
    const earlier = first.get(value);
    if (earlier !== undefined) {
      report(node, { message: `the id \`${value}\` is taken by the step in line ${earlier}` });
    }
    first.set(value, earlier ?? node.at.line);
  }
}

function parseParams(file: RunbookFile, report: Reading['report']): Runbook['params'] {
  return Object.fromEntries(
    Object.entries(file.params).map(([name, it]) => [
      name,
      parseParam(name, it, { sites: [], report }),
    ]),
  );
}

function parseInherited({ value, node }: Located<Inherited>, reading: Reading): Inherited {
  refuseReserved(value.name, node, reading);
  return value;
}

/**
 * What can be named at a step, or before all of them (null). Read from the raw file, so that a step or
 * parameter that is itself wrong does not make every mention of it wrong too.
 */
function collectNames(parsed: Runbook['params'], root: YamlNode): (at: YamlNode | null) => Names {
  const written = entriesOf(valueOf(root, 'params')).map(({ key }) => key);
  const params = Object.fromEntries(written.map((name) => [name, parsed[name] ?? null]));
  const steps = lists
    .flatMap((list) => itemsOf(valueOf(root, list)))
    .map((node) => ({ node, id: idOf(node), outputs: outputsOf(node) }));
  return (at) => {
    const index = at === null ? 0 : steps.findIndex(({ node }) => node === at);
    return {
      params,
      steps: Object.fromEntries(steps.slice(0, index).map(({ id, outputs }) => [id, outputs])),
      later: steps.slice(index).map(({ id }) => id),
    };
  };
}

function idOf(step: YamlNode): string {
  const id = valueOf(step, 'id');
  return id?.kind === 'scalar' ? String(id.value) : '';
}

/** What a person is asked for is an output like any other. */
function outputsOf(step: YamlNode): Names['steps'][string] {
  const written = [...entriesOf(valueOf(step, 'outputs')), ...entriesOf(valueOf(step, 'ask'))];
  return Object.fromEntries(
    written.map(({ key, value }) => {
      const secret = valueOf(value, 'secret');
      return [key, { secret: secret?.kind === 'scalar' && secret.value === true }];
    }),
  );
}

function entriesOf(node: YamlNode | null): Extract<YamlNode, { kind: 'map' }>['entries'] {
  return node?.kind === 'map' ? node.entries : [];
}

function itemsOf(node: YamlNode | null): readonly YamlNode[] {
  return node?.kind === 'list' ? node.items : [];
}
