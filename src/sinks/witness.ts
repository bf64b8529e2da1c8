import type { AnchorKey } from '../journal/anchor.ts';
import { acceptLines, readCosigner, submitHead } from './cosigner.ts';
import type { SinkReader } from './open-sinks.ts';
import type { Sink } from './sink.ts';

/** Only a head and a proof are sent, however many entries lie in between. */
const everything = 2 ** 40;

/**
 * Somebody who remembers our newest head and cosigns only what follows from it (C2SP tlog-witness):
 * `runbook audit witness`, or any other. It keeps no entry, and is evidence of every one below the head.
 */
export const witnessSink: SinkReader = (section) => {
  const cosigner = readCosigner(section);
  return ({ clock }) => {
    const deliver: Sink['deliver'] = async (delivery, signal) => {
      const answer = await submitHead(cosigner, delivery, signal);
      if ('elsewhere' in answer) {
        return answer;
      }
      const { size, root } = delivery.head;
      const seen = { origin: delivery.log.origin, size, root, lines: answer.lines };
      const evidence = acceptLines(cosigner, seen, clock);
      return { size, root, anchor: { kind: 'cosignature', evidence } };
    };
    return {
      name: cosigner.name,
      kind: 'witness',
      counts: true,
      wants: 'head',
      batch: everything,
      address: `witness ${cosigner.prefix.href}`,
      anchorKey: (): AnchorKey => ({ kind: 'cosignature', verifierKey: cosigner.verifierKey }),
      // Our newest head, sent once more: whoever was put back finds out here.
      head: async (log, signal) => {
        const head = await log.head();
        return deliver({ from: head.size, head, log }, signal);
      },
      deliver,
    };
  };
};
