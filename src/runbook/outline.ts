import { parseYaml } from '../base/yaml.ts';
import { checkDocument } from '../base/yaml-schema.ts';
import { runbookSchema, type StepFile } from './schema.ts';

/** What a list says of a runbook. */
export interface Outline {
  readonly description: string | null;
  readonly params: readonly string[];
  /** How many steps are marked privileged in the file. */
  readonly privileged: number;
}

/**
 * Reads a runbook for a list: its shape is checked, what its expressions mean is not (`parseRunbook`
 * does that, before anything can run). Throws InvalidFileError `runbook_invalid`.
 */
export function outlineRunbook(text: string, file: string): Outline {
  const runbook = checkDocument(runbookSchema, parseYaml(text, file, 'runbook_invalid'));
  const steps = [...runbook.preconditions, ...runbook.steps, ...runbook.finally];
  return {
    description: runbook.description,
    params: Object.keys(runbook.params),
    privileged: steps.filter(isPrivileged).length,
  };
}

function isPrivileged({ value: { privileged, tags } }: StepFile): boolean {
  return privileged || tags.some(({ value }) => value === 'privileged');
}
