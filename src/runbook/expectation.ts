import type { Command, Expectation } from './command.ts';

/** What an expectation asks of this kind of action, in words: each must hold. */
export function expectationWords(
  { exit, status, that }: Expectation,
  kind: Command['action']['kind'],
): readonly string[] {
  const ranges = status.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
  const code = kind === 'http' ? `status ${ranges.join(' or ')}` : `exit ${exit.join(' or ')}`;
  return that === null ? [code] : [code, `\`${that}\``];
}
