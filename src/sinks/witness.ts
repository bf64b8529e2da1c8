import type { AnchorKey } from '../journal/anchor.ts';
import { acceptLines, askHead, readCosigner, submitHead } from './cosigner.ts';
import type { SinkReader } from './open-sinks.ts';

/** Only a head and a proof are sent, however many entries lie in between. */
const everything = 2 ** 40;

/**
 * Somebody who remembers our newest head and cosigns only what follows from it (C2SP tlog-witness):
 * `runbook audit witness`, or any other. It keeps no entry, and is evidence of every one below the head.
 */
export const witnessSink: SinkReader = (section) => {
  const cosigner = readCosigner(section);
  return ({ clock }) => ({
    name: cosigner.name,
    kind: 'witness',
    counts: true,
    wants: 'head',
    batch: everything,
    address: `witness ${cosigner.prefix.href}`,
    anchorKey: (): AnchorKey => ({ kind: 'cosignature', verifierKey: cosigner.verifierKey }),
    head: (log, signal) => askHead(cosigner, log, signal),
    async deliver({ from, head, log }, signal) {
      const answer = await submitHead(cosigner, { old: from, head, log }, signal);
      if ('elsewhere' in answer) {
        return answer;
      }
      const { size, root } = head;
      const seen = { origin: log.origin, size, root, lines: answer.lines };
      const evidence = acceptLines(cosigner, seen, clock);
      return { size, root, anchor: { kind: 'cosignature', evidence } };
    },
  });
};
