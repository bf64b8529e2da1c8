import { describe, expect, test } from 'vitest';
import type { StandingRequest } from '../../../src/channels/channel.ts';
import { actionIds } from '../../../src/channels/slack/button-ids.ts';
import { messageOf, type RequestMessage } from '../../../src/channels/slack/card/message.ts';
import type { Command } from '../../../src/runbook/command.ts';
import { commandDigest } from '../../../src/runbook/digest.ts';
import { aSlot } from '../../approval/builders.ts';
import { aCommand, aRequest } from '../../approval/request-builders.ts';
import { aLook, aStanding } from '../cards/standing.ts';
import { problemsOfMessage } from './limits.ts';

const exec = (...argv: string[]): Command => aCommand({ action: { kind: 'exec', argv } });

/** A request for these steps, in which a click may count. */
function together(commands: Readonly<Record<string, Command>>): StandingRequest {
  const base = aRequest({ policy: { ...aRequest().policy, slots: [aSlot('floor', ['bob'])] } });
  const [asked] = base.commands;
  const [first, ...others] = Object.values(commands);
  if (asked === undefined || first === undefined) {
    throw new Error('something is asked for');
  }
  const content = {
    ...base,
    commands: Object.entries(commands).map(([step, command]) => ({
      ...asked,
      step,
      digest: commandDigest(command),
      uses: 1,
    })),
  };
  const missing = [{ slot: 'floor', count: 1, from: ['*'] }];
  return aStanding({ content, command: first, others, missing });
}

const approvable = ({ blocks }: RequestMessage): boolean =>
  JSON.stringify(blocks).includes(`"${actionIds.approve}"`);

describe('a card in Slack for several steps', () => {
  test('shows each command, and may be approved', () => {
    const message = messageOf(together({ drain: exec('./drain'), restart: exec('./go') }), aLook());
    expect(message.fits).toBe(true);
    expect(approvable(message)).toBe(true);
    expect(problemsOfMessage(message)).toEqual([]);
    const text = JSON.stringify(message);
    expect(message.text).toContain('steps drain, restart in');
    expect(text).toContain('2 steps: ./drain; ./go');
    expect(text).toContain('Step restart, 2 of 2');
  });

  test.each([
    [
      'the second command is too long',
      { drain: exec('./drain'), restart: exec('x'.repeat(20_000)) },
    ],
    [
      'there are too many of them',
      Object.fromEntries(
        Array.from({ length: 40 }, (_, at) => [
          `step_${at}`,
          exec('./do', 'y'.repeat(400), `${at}`),
        ]),
      ),
    ],
  ])('has no Approve where %s', (_, commands) => {
    const message = messageOf(together(commands), aLook());
    expect(message.fits).toBe(false);
    expect(approvable(message)).toBe(false);
    expect(problemsOfMessage(message)).toEqual([]);
  });

  test('is not drawn where a command is missing', () => {
    const { others: _, ...lacking } = together({ drain: exec('./drain'), restart: exec('./go') });
    expect(() => messageOf(lacking, aLook())).toThrow('2 commands, and 1');
  });
});
