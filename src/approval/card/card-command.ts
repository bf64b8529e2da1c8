import { formatDuration } from '../../base/duration.ts';
import { quoteWord } from '../../base/quote-word.ts';
import type { BoundFile, Command, HttpAction, RetryPolicy, Text } from '../../runbook/command.ts';
import { expectationWords } from '../../runbook/expectation.ts';
import type { Hole } from '../../runbook/holes/hole.ts';
import { type Show, showWith } from './card-marks.ts';
import { block, type CardSection, fields, list } from './card-section.ts';

/** An action in one line: the first line of a script, the words of an argv, or the request line. */
export function actionLine(action: Command['action'], show: Show = showWith([])): string {
  switch (action.kind) {
    case 'run':
      return scriptLine(action.shell, action.script);
    case 'exec':
      return action.argv.map((word) => show(quoteWord(word))).join(' ');
    case 'http':
      return `${action.method} ${show(action.url)}`;
  }
}

/** How the sections of a command are headed, and its texts written. */
interface Drawing {
  readonly heading: (words: string) => string;
  readonly show: Show;
}

/** The whole command, as its digest covers it. */
export function commandSections(
  command: Command,
  of: { readonly holes?: readonly Hole[]; readonly heading?: Drawing['heading'] } = {},
): readonly (CardSection | null)[] {
  const drawing: Drawing = {
    heading: of.heading ?? ((words) => words),
    show: showWith(of.holes ?? []),
  };
  return [
    ...partsOf(command, drawing),
    ...(command.check === null ? [] : checkSections(command, command.check, drawing)),
  ];
}

/** The probe: its action, and of the rest only what is not as the step has it. */
function checkSections(
  step: Command,
  check: Command,
  drawing: Drawing,
): readonly (CardSection | null)[] {
  const heading = (words: string): string => drawing.heading(`Check: ${words.toLowerCase()}`);
  const ofCheck = { ...drawing, heading };
  const ofStep = new Set(partsOf(step, ofCheck).map((section) => JSON.stringify(section)));
  const all = partsOf(check, ofCheck);
  const own = all.filter((section) => !ofStep.has(JSON.stringify(section)));
  const isWhole = own.length === all.length;
  return [
    ...own,
    isWhole ? null : list(heading('The rest'), ['as the step has it']),
    settlement(check, drawing),
  ];
}

/** Whoever approves the probe approves what its finding means. */
function settlement({ action, expect }: Command, { heading }: Drawing): CardSection | null {
  const words = expect === undefined ? [] : expectationWords(expect, action.kind);
  return list(heading('Check: it settles the outcome when'), words);
}

function partsOf(command: Command, drawing: Drawing): readonly (CardSection | null)[] {
  const { heading, show } = drawing;
  return [
    ...actionSections(command.action, drawing),
    fields(heading('How it runs'), [
      ['folder', command.cwd],
      ['standard input', command.stdin === null ? 'empty' : `sha256 ${command.stdin.slice(0, 12)}`],
      ['timeout', formatDuration(command.timeout_ms)],
      ['retry', command.retry === null ? 'no' : retryLine(command.retry)],
    ]),
    list(heading('Programs'), command.programs.map(fileLine)),
    list(heading('Files'), command.files.map(fileLine)),
    fields(
      heading('Environment variables'),
      Object.entries(command.env)
        .map(([name, value]) => [name, textLine(value, show)] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
  ];
}

function actionSections(
  action: Command['action'],
  drawing: Drawing,
): readonly (CardSection | null)[] {
  const { heading, show } = drawing;
  switch (action.kind) {
    case 'run':
      return [block(heading(`Script for ${action.shell}`), action.script)];
    case 'exec':
      // One argument a line, so that a blank inside of one cannot pass for two.
      return [
        list(
          heading('Command'),
          action.argv.map((word) => show(quoteWord(word))),
        ),
      ];
    case 'http':
      return httpSections(action, drawing);
  }
}

function httpSections(
  action: HttpAction,
  { heading, show }: Drawing,
): readonly (CardSection | null)[] {
  return [
    fields(heading('HTTP request'), [
      ['method', action.method],
      ['url', show(action.url)],
      ['redirects', action.redirects === 'off' ? 'not followed' : 'followed on the same origin'],
    ]),
    fields(
      heading('Headers'),
      action.headers.map(({ name, value }) => [name, textLine(value, show)]),
    ),
    block(heading('Body'), action.body === null ? '' : textLine(action.body, show)),
  ];
}

function scriptLine(shell: string, script: string): string {
  const lines = script.split('\n').filter((line) => line.trim() !== '');
  // A comment says what its writer likes; the line is for what runs.
  const first = lines.find((line) => !line.trim().startsWith('#')) ?? '';
  const more = lines.length > 1 ? ` … (${lines.length} lines)` : '';
  return `${shell}: ${first.trim()}${more}`;
}

/** Secrets stand by name, in marks that are doubled where the text itself has them: no value can pose as one. */
function textLine(text: Text, show: Show): string {
  return text
    .map((piece) => (typeof piece === 'string' ? show(piece) : `‹secret ${piece.secret}›`))
    .join('');
}

function fileLine({ path, sha256 }: BoundFile): string {
  return `${path} (${sha256 === null ? 'by its path alone' : `sha256 ${sha256.slice(0, 12)}`})`;
}

function retryLine(retry: RetryPolicy): string {
  const delay = `${formatDuration(retry.delay_ms)} apart, times ${retry.backoff}, at most ${formatDuration(retry.max_delay_ms)}`;
  const on = retry.on.map((it) => ('code' in it ? `${it.kind} ${it.code}` : it.kind)).join(', ');
  return `up to ${retry.attempts} attempts, ${delay}, on ${on === '' ? 'any known failure' : on}`;
}
