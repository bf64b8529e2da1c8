import { RunbookError } from '../base/errors.ts';
import { type Outline, outlineRunbook } from './outline.ts';

/** A runbook as lists show it. */
export interface Listed extends Omit<Outline, 'privileged'> {
  readonly name: string;
  readonly file: string;
  /** How many steps are marked privileged in the file; null where the file is invalid. */
  readonly privileged: number | null;
  readonly problem: string | null;
}

/** An invalid file is listed too: whoever looks for it should learn why it does not run. */
export function listRunbook(
  { name, file }: Pick<Listed, 'name' | 'file'>,
  read: () => string,
): Listed {
  try {
    return { name, file, ...outlineRunbook(read(), file), problem: null };
  } catch (error) {
    const problem =
      error instanceof RunbookError ? (error.message.split('\n')[0] ?? '') : String(error);
    return { name, file, description: null, params: [], privileged: null, problem };
  }
}
