import type { YamlNode } from '../../base/yaml.ts';
import type { Located } from '../../base/yaml-schema.ts';
import type { ManualAction } from '../plan.ts';
import type { StepFile } from '../schema.ts';
import { refuseLoose } from './parse-outputs.ts';
import { parseParam } from './parse-param.ts';
import { refuseControls } from './refuse-controls.ts';
import type { Reading } from './site.ts';

type ManualFile = StepFile['value'] & { readonly manual: Located<string> };

/** A step that a person does, in its working form. What belongs to something that starts has no place beside it. */
export function parseManual(file: ManualFile, node: YamlNode, reading: Reading): ManualAction {
  const { manual, ask, timeout } = file;
  refuseControls(manual, reading);
  if (manual.value.trim() === '') {
    reading.report(manual.node, { message: '`manual` is empty', hint: 'say what is to be done' });
  }
  reading.sites.push({ node: manual.node, text: manual.value, where: 'manual', of: null });
  refuseBeside(file, node, reading);
  const asked = Object.entries(ask).map(([name, it]) => {
    if (it.value.secret) {
      const hint = 'pass it as a secret parameter, which is never stored';
      reading.report(it.node, { message: `\`${name}\`: a secret cannot be asked for here`, hint });
    }
    refuseLoose(it.value, it.node, reading);
    return [name, parseParam(name, it, reading)] as const;
  });
  return {
    kind: 'manual',
    text: manual.value,
    ask: Object.fromEntries(asked),
    wait_ms: timeout,
  };
}

/** `ask` is for people: nothing else can answer. */
export function refuseAsk({ value, node }: StepFile, reading: Reading): void {
  if (Object.keys(value.ask).length > 0 && value.manual === null) {
    const hint = 'what a program gives is declared under `outputs`';
    reading.report(node, { message: '`ask` belongs to `manual`', hint });
  }
}

const foreign = [
  'privileged',
  'env',
  'cwd',
  'files',
  'check',
  'retry',
  'idempotent',
  'expect',
  'outputs',
];

function refuseBeside({ tags }: ManualFile, node: YamlNode, reading: Reading): void {
  const entries = node.kind === 'map' ? node.entries : [];
  for (const { key, at } of entries.filter((entry) => foreign.includes(entry.key))) {
    reading.report(
      { ...node, at },
      {
        message: `\`${key}\` has no place beside \`manual\`: nothing is started`,
        hint: hints[key],
      },
    );
  }
  for (const tag of tags.filter(({ value }) => value === 'privileged')) {
    reading.report(tag.node, {
      message: 'the tag `privileged` has no place beside `manual`: nothing is started',
      hint: hints['privileged'],
    });
  }
}

const hints: Readonly<Record<string, string>> = {
  privileged: 'gate the step that acts on it',
  outputs: 'ask for values with `ask`',
};
