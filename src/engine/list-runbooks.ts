import { RunbookError } from '../base/errors.ts';
import { outlineRunbook } from '../runbook/outline.ts';
import type { ListedRunbook } from './reports.ts';

/** A runbook's line in lists. An invalid file is listed too: whoever looks for it should learn why it does not run. */
export function describeRunbook(
  { name, file }: Pick<ListedRunbook, 'name' | 'file'>,
  read: () => string,
): ListedRunbook {
  try {
    return { name, file, ...outlineRunbook(read(), file), problem: null };
  } catch (error) {
    const problem =
      error instanceof RunbookError ? (error.message.split('\n')[0] ?? '') : String(error);
    return { name, file, description: null, params: [], privileged: null, problem };
  }
}
