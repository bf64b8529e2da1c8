import type { KeyStatement } from '../../approval/statement/key-statement.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { KeysReport } from '../../engine/reports.ts';
import type { Style } from './style.ts';

/**
 * The journal's keys, oldest first, and the one that hands it on. A key stands on a line of its own and is
 * never wrapped, however narrow the window: it is copied to other hosts, whole.
 */
export function renderKeys({ origin, keys, recovery }: KeysReport, { paint }: Style): string {
  const block = (title: string, key: string): string =>
    `${paint.quiet(sanitizeLine(title))}\n    ${sanitizeLine(key)}\n`;
  const handsOn =
    recovery === null
      ? block('recovery key', 'none: a lost or stolen key could not be replaced')
      : block(
          `recovery key ${recovery.fingerprint}, named by entry ${recovery.index}`,
          recovery.public,
        );
  const signing = keys.map((key) => block(describeTime(key), key.verifier_key));
  return [block('journal', origin), ...signing, handsOn].join('');
}

function describeTime({ from, to, ended, compromised_since }: KeysReport['keys'][number]): string {
  if (to === null) {
    return from === 1 ? 'signs every head' : `signs heads from size ${from} on`;
  }
  const since = compromised_since === null ? '' : ` since ${compromised_since}`;
  const how = { rotation: '', lost: ', lost', compromised: `, compromised${since}` };
  return `signed heads of size ${from} to ${to}${ended === null ? '' : how[ended]}`;
}

/** What somebody signs, in words: the statement itself, and nothing that came along with it. */
export function renderKeyStatement(statement: KeyStatement): string {
  const { origin, size, root } = statement.log;
  const what =
    statement.act === 'rotate'
      ? [
          ['signed until now by', statement.from],
          ['from now on by', statement.to],
          ['because of', describeReason(statement)],
        ]
      : [
          ['recovery key', statement.public],
          ['instead of', statement.previous ?? 'none: it is the first'],
        ];
  const lines = [['journal', origin], ...what, ['as it is', `${size} entries, root ${root}`]];
  return lines.map(([name = '', text = '']) => `${name.padEnd(20)} ${text}`).join('\n');
}

function describeReason(statement: Extract<KeyStatement, { readonly act: 'rotate' }>): string {
  const reasons = {
    rotation: 'rotation: nothing happened to the key before',
    lost: 'loss: the key before is gone',
    compromised: `compromise: others may have had the key before since ${statement.compromised_since ?? ''}`,
  };
  return reasons[statement.reason];
}
