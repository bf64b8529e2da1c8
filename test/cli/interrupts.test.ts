import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { listenForSignals } from '../../src/cli/interrupts.ts';

function aProcess() {
  const source = new EventEmitter();
  const interrupts = listenForSignals(source);
  const left: number[] = [];
  interrupts.onLeave((code) => left.push(code));
  return { source, interrupts, left };
}

describe('signals', () => {
  test('the first asks to end, the second to hurry, the third leaves', () => {
    const { source, interrupts, left } = aProcess();
    const { signal, hurry } = interrupts.take();
    expect([signal.aborted, hurry.aborted, interrupts.exitCode()]).toEqual([false, false, null]);
    source.emit('SIGINT');
    expect([signal.aborted, hurry.aborted, left]).toEqual([true, false, []]);
    source.emit('SIGINT');
    expect([signal.aborted, hurry.aborted, left]).toEqual([true, true, []]);
    source.emit('SIGINT');
    expect(left).toEqual([130]);
  });

  test('a command that has nothing to tidy up is left at once', () => {
    const { source, left } = aProcess();
    source.emit('SIGTERM');
    expect(left).toEqual([143]);
  });

  test('the code is that of the first', () => {
    const { source, interrupts } = aProcess();
    interrupts.take();
    source.emit('SIGHUP');
    source.emit('SIGINT');
    expect(interrupts.exitCode()).toBe(143);
  });
});
