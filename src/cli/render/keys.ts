import type { KeyStatement } from '../../approval/statement/key-statement.ts';
import type { KeysReport } from '../../engine/reports.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

/** The journal's keys, oldest first, and the one that hands it on. */
export function renderKeys({ origin, keys, recovery }: KeysReport, style: Style): string {
  const quiet = (text: string) => ({ text, paint: style.paint.quiet });
  const rows = keys.map((key) => [quiet(describeTime(key)), { text: key.verifier_key }]);
  const handsOn =
    recovery === null
      ? 'none: a lost or stolen key could not be replaced'
      : `${recovery.fingerprint}, named by entry ${recovery.index}\n${recovery.public}`;
  return renderTable(
    [[quiet('journal'), { text: origin }], ...rows, [quiet('recovery key'), { text: handsOn }]],
    style.columns,
  );
}

function describeTime({ from, to, ended, compromised_since }: KeysReport['keys'][number]): string {
  if (to === null) {
    return from === 1 ? 'signs' : `signs from ${from}`;
  }
  const since = compromised_since === null ? '' : ` since ${compromised_since}`;
  const how = { rotation: '', lost: ', lost', compromised: `, compromised${since}` };
  return `signed ${from} to ${to}${ended === null ? '' : how[ended]}`;
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
