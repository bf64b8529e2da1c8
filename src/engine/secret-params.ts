import { parseRunbook } from '../runbook/parse/parse.ts';
import type { FoundRunbook } from './reports.ts';

/** Which parameters of this runbook are secret; one that it does not know may be. Throws InvalidFileError. */
export function secretParams({
  text,
  file,
}: Pick<FoundRunbook, 'text' | 'file'>): (name: string) => boolean {
  const { params } = parseRunbook(text, file);
  return (name) => !Object.hasOwn(params, name) || params[name]?.secret !== false;
}
