import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventStreamParser } from '../../src/client/event-stream.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const word = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((it) => it.replace(/[\r\n\0]/g, ''));

describe('an event stream', () => {
  test('says the same, wherever it is cut', () => {
    const message = fc.record({
      event: word,
      data: fc.array(word, { minLength: 1 }),
      end: lineEnd,
    });
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat(400)), (messages, cuts) => {
        const text = messages
          .map(({ event, data, end }, at) =>
            [
              `event: ${event}`,
              `id: ${at}`,
              ': here',
              ...data.map((it) => `data: ${it}`),
              '',
              '',
            ].join(end),
          )
          .join('');
        // One more line: what ends in a return is complete once more follows.
        const whole = bytes(`${text}:\n`);
        const told = cut(whole, cuts).flatMap(eventStreamParser());
        expect(told).toEqual(
          messages.map(({ event, data }, at) => ({
            event: event === '' ? 'message' : event,
            data: data.join('\n'),
            id: String(at),
          })),
        );
      }),
    );
  });

  test('tells no message that the end of the connection cut off', () => {
    const parse = eventStreamParser();
    expect(parse(bytes('id: 1\ndata: whole\n\nid: 2\ndata: ha'))).toHaveLength(1);
  });

  test('keeps the last id for messages that bring none', () => {
    const parse = eventStreamParser();
    const told = parse(bytes('id: 7\ndata: a\n\nevent: output\ndata: b\n\n'));
    expect(told.map(({ id }) => id)).toEqual(['7', '7']);
  });
});

function cut(whole: Uint8Array, at: readonly number[]): readonly Uint8Array[] {
  const ends = [...new Set(at.map((each) => each % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((from, index) => whole.slice(from, ends[index] ?? whole.length));
}
