import { sanitizeLine } from '../../base/sanitize.ts';
import type { Command } from '../../runbook/command.ts';
import type { Card } from './card.ts';
import { actionLine, commandSections } from './card-command.ts';
import { cleanSection, fields } from './card-section.ts';

/** A step that had started and whose outcome nobody knows. */
export interface StartedStep {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  /** When it started, as its entry says. */
  readonly time: string;
  /** Null where it needed no approval, so that its command was not kept. */
  readonly command: Command | null;
  readonly words: string;
}

/** Lays out a started step for whoever settles it: what they look for is what this command would have done. */
export function layoutStarted(started: StartedStep): Card {
  const { run, step, attempt, time, command, words } = started;
  const place: [string, string][] =
    command === null
      ? []
      : [
          ['environment', command.environment],
          ['host', command.host],
          ['user', `uid ${command.uid}`],
        ];
  const sections = [
    fields('Started, outcome unknown', [
      ...place,
      ['run', run],
      ['step', step],
      ['attempt', String(attempt)],
      ['started', time],
    ]),
    ...(command === null ? [] : commandSections(command)),
  ];
  return {
    about: 'started step',
    title: sanitizeLine(command === null ? step : actionLine(command.action)),
    words: sanitizeLine(words),
    sections: sections.filter((section) => section !== null).map(cleanSection),
  };
}
