import { describe, expect, test } from 'vitest';
import { layoutCard } from '../../src/approval/card/card.ts';
import { renderCard } from '../../src/approval/card/card-text.ts';
import type { Command } from '../../src/runbook/command.ts';
import { commandDigest } from '../../src/runbook/digest.ts';
import type { Hole } from '../../src/runbook/holes/hole.ts';
import { aCommand, anOpenRequest } from './request-builders.ts';

const leader: Hole = {
  name: 'steps.find.outputs.leader',
  type: 'string',
  enum: ['a', 'b', 'c'],
  pattern: null,
  min: null,
  max: null,
};
const lag: Hole = {
  name: 'steps.find.outputs.lag',
  type: 'integer',
  enum: null,
  pattern: null,
  min: 0,
  max: 5,
};
const mark = '\uE000steps.find.outputs.leader\uE001';

const drain = aCommand({ action: { kind: 'exec', argv: ['./drain'] } });
const restart = aCommand({ action: { kind: 'exec', argv: ['./restart', `--node=${mark}`] } });

function open(one: Command, two: Command, holes: readonly Hole[]) {
  const base = anOpenRequest({ command: one });
  const [asked] = base.content.commands;
  if (asked === undefined) {
    throw new Error('a request asks for something');
  }
  const commands = [
    { ...asked, step: 'drain', digest: commandDigest(one), uses: 1 },
    { ...asked, step: 'restart', digest: commandDigest(two), holes, uses: 3 },
  ];
  return { ...base, content: { ...base.content, commands }, others: [two] };
}

function textOf(...of: Parameters<typeof open>): string {
  return renderCard(layoutCard(open(...of)), { columns: 100, colour: false });
}

describe('the card of several steps', () => {
  test('names every step with its own command, uses and limits', () => {
    const text = textOf(drain, restart, [leader]);
    expect(text).toContain(
      "2 steps: ./drain; ./restart '--node=‹steps.find.outputs.leader: one of a, b, c›'",
    );
    expect(text).toContain('steps        drain, restart');
    expect(text).toContain('Step drain, 1 of 2\n');
    expect(text).toContain('Step drain: command\n│    · ./drain\n');
    expect(text).toContain(
      "Step restart: command\n│    · ./restart\n│    · '--node=‹steps.find.outputs.leader: one of a, b, c›'\n",
    );
    expect(text).toContain('may start  up to 3 times');
    expect(text).toContain('may start    each step as it says');
    expect(text).not.toContain('Last run of this step');
  });

  test('says of each step what becomes of it where it fails, and not of all at once', () => {
    const asked = open(drain, restart, [leader]);
    const calm = { idempotent: false, continue_on_error: false, has_check: false };
    const loose = { idempotent: true, continue_on_error: true, has_check: true };
    const commands = asked.content.commands.map((command, at) => ({
      ...command,
      effect: at === 0 ? calm : loose,
    }));
    const card = layoutCard({ ...asked, content: { ...asked.content, commands } });
    expect(card.sections.map(({ heading }) => heading)).not.toContain('Effect');
    const said = (heading: string) =>
      JSON.stringify(card.sections.find((section) => section.heading === heading));
    expect(said('Step drain, 1 of 2')).toContain('the run ends');
    expect(said('Step restart, 2 of 2')).toContain('the run goes on');
    expect(said('Step restart, 2 of 2')).toContain('a check may settle');
    expect(said('Earlier runs of these steps')).toContain('not compared');
  });

  test('leaves out what a step has like the first one, and says so', () => {
    const text = textOf(drain, restart, [leader]);
    expect(text).toContain('Step drain: how it runs');
    expect(text).not.toContain('Step restart: how it runs');
    expect(text).toContain(
      'Step restart: the same as step drain\n│    · How it runs\n│    · Programs\n│    · Environment variables\n',
    );
    const other = textOf(drain, { ...restart, timeout_ms: 1 }, [leader]);
    expect(other).toContain('Step restart: how it runs');
  });

  test('is not drawn without every command', () => {
    const { others: _, ...lacking } = open(drain, restart, [leader]);
    expect(() => layoutCard(lacking)).toThrow('asks for 2 commands, and 1 are to be shown');
  });

  test('shows a hole wherever it stands, with its limits', () => {
    const http = aCommand({
      action: {
        kind: 'http',
        method: 'POST',
        url: 'https://h.example/%EE%80%80steps.find.outputs.leader%EE%80%81',
        headers: [{ name: 'x', value: [mark] }],
        body: [
          '{"lag":\uE003steps.find.outputs.lag\uE001,"of":"\uE002steps.find.outputs.leader\uE001"}',
        ],
        redirects: 'off',
      },
      env: { NODE: [mark] },
    });
    const text = textOf(drain, http, [leader, lag]).replaceAll(/[ ␣]*↩?\n│\s+/g, ' ');
    const shown = '‹steps.find.outputs.leader: one of a, b, c›';
    expect(text).toContain(`https://h.example/${shown}`);
    expect(text).toContain(`NODE  ${shown}`);
    expect(text).toContain('"lag":‹steps.find.outputs.lag: from 0, up to 5›');
    expect(text).toContain(`"of":"${shown}"`);
  });

  test('no argument can pose as a hole', () => {
    const posing = aCommand({
      action: { kind: 'exec', argv: ['echo', '‹steps.find.outputs.leader: one of a, b, c›'] },
    });
    expect(textOf(posing, restart, [leader])).toContain(
      "'‹‹steps.find.outputs.leader: one of a, b, c››'",
    );
  });

  test('a mark that is no hole of its step is shown as what it is', () => {
    expect(textOf(restart, restart, [leader])).toContain(
      '\\u{e000}steps.find.outputs.leader\\u{e001}',
    );
  });
});
