import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { signCosignature, verifyCosignatures } from '../../src/journal/cosignature.ts';
import { addSignatures, splitNote } from '../../src/journal/note.ts';
import { formatVerifierKey, parseVerifierKey } from '../../src/journal/verifier-key.ts';
import { checkSinks, openSinks } from '../../src/sinks/open-sinks.ts';
import { type Sink, SinkConflict } from '../../src/sinks/sink.ts';
import { answering } from '../support/answering.ts';
import { type MemoryLog, memoryLog } from '../support/memory-log.ts';
import { aSigner } from '../support/signer.ts';
import { watching } from '../support/watching.ts';

const log = memoryLog(40);
const logKey = formatVerifierKey(log.view.origin, log.signer.publicKey);
const stranger = aSigner('witness.test', 7);
const strangerKey = formatVerifierKey(stranger.name, stranger.publicKey, 'cosignature');
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

function sinkAt(url: string, key: string, kind = 'witness'): Sink {
  const given = { clock: systemClock, env: {}, log: () => undefined };
  const [sink] = openSinks(section(url, key, kind), given);
  if (sink === undefined) {
    throw new Error('no sink');
  }
  return sink;
}

function section(url: string, key: string, kind: string) {
  return parseYaml(
    `w: { kind: ${kind}, url: "${url}", key: "${key}" }`,
    'config.yaml',
    'config_invalid',
  );
}

function deliver(sink: Sink, of: MemoryLog, { from, to }: { from: number; to: number }) {
  return sink.deliver({ from, head: of.headAt(to), log: of.view }, soon());
}

const failure = (code: string): unknown => expect.objectContaining({ name: 'JournalError', code });

describe('a witness that is ours', () => {
  test('cosigns what follows, and the evidence proves itself', async () => {
    const { url, witness } = await watching([logKey]);
    const sink = sinkAt(url, witness.verifierKey);
    for (const [from, to] of [
      [0, 5],
      [5, 5],
      [5, 33],
      [33, 40],
    ] as const) {
      const said = await deliver(sink, log, { from, to });
      const { note, root } = log.headAt(to);
      expect(said).toMatchObject({ size: to, root, anchor: { kind: 'cosignature' } });
      const evidence = 'anchor' in said ? (said.anchor?.evidence ?? '') : '';
      const key = parseVerifierKey(witness.verifierKey, 'cosignature');
      expect(verifyCosignatures(addSignatures(note, evidence), [key])).toHaveLength(1);
    }
    expect(sink.anchorKey?.()).toEqual({ kind: 'cosignature', verifierKey: witness.verifierKey });
  });

  test('says where it stands, and we go on from there', async () => {
    const { url, witness } = await watching([logKey]);
    const sink = sinkAt(url, witness.verifierKey);
    await deliver(sink, log, { from: 0, to: 9 });
    const elsewhere = { size: 9, root: null };
    expect(await deliver(sink, log, { from: 0, to: 12 })).toEqual({ elsewhere });
    expect(await sink.head(log.view, soon())).toEqual({ elsewhere });
    expect(await deliver(sink, log, { from: 9, to: 40 })).toMatchObject({ size: 40 });
    const anchor = { kind: 'cosignature' };
    expect(await sink.head(log.view, soon())).toMatchObject({ size: 40, anchor });
  });

  test('brought to our head by somebody else cosigns that too', async () => {
    const { url, witness, mirror } = await watching([logKey]);
    const beside = sinkAt(url, mirror?.verifierKey ?? '', 'mirror');
    await deliver(beside, log, { from: 0, to: 12 });
    const said = await deliver(sinkAt(url, witness.verifierKey), log, { from: 0, to: 12 });
    expect(said).toMatchObject({ size: 12, anchor: { kind: 'cosignature' } });
  });

  test('has nothing at first', async () => {
    const { url, witness } = await watching([logKey]);
    const said = await sinkAt(url, witness.verifierKey).head(log.view, soon());
    expect(said).toEqual({ elsewhere: null });
  });

  test('tells a journal that was put back that it has more', async () => {
    const { url, witness } = await watching([logKey]);
    const sink = sinkAt(url, witness.verifierKey);
    await deliver(sink, log, { from: 0, to: 40 });
    const back = memoryLog(30);
    const theirs = { elsewhere: { size: 40, root: null } };
    expect(await deliver(sink, back, { from: 20, to: 30 })).toEqual(theirs);
    expect(await sink.head(back.view, soon())).toEqual(theirs);
  });

  test('shows a rewritten journal that it is another, and keeps the proof', async () => {
    const { url, witness, lines } = await watching([logKey]);
    const sink = sinkAt(url, witness.verifierKey);
    await deliver(sink, log, { from: 0, to: 20 });
    const forked = memoryLog(40, { branch: 'other', from: 18 });
    const conflict = (size: number): unknown =>
      expect.objectContaining({
        code: 'E_FORK',
        theirs: expect.objectContaining({ size }) as unknown,
      });
    await expect(deliver(sink, forked, { from: 20, to: 20 })).rejects.toThrow(SinkConflict);
    await expect(deliver(sink, forked, { from: 20, to: 20 })).rejects.toThrow(conflict(20));
    await expect(deliver(sink, forked, { from: 20, to: 40 })).rejects.toThrow(conflict(20));
    expect(lines.filter(({ event }) => event === 'fork')).toHaveLength(3);
  });

  test('does not know every journal, nor every key', async () => {
    const { url, witness } = await watching([logKey]);
    const sink = sinkAt(url, witness.verifierKey);
    const unknown = memoryLog(3, { origin: 'runbook.test/another' });
    await expect(deliver(sink, unknown, { from: 0, to: 3 })).rejects.toThrow(
      failure('sink_refused'),
    );
    const forged = memoryLog(3, { signer: aSigner(log.view.origin, 9) });
    await expect(deliver(sink, forged, { from: 0, to: 3 })).rejects.toThrow(
      failure('sink_refused'),
    );
  });

  test('with another key than the pinned one proves nothing', async () => {
    const { url } = await watching([logKey]);
    const sink = sinkAt(url, strangerKey);
    await expect(deliver(sink, log, { from: 0, to: 3 })).rejects.toThrow(failure('sink_answer'));
  });

  test('whose clock is elsewhere is not believed', async () => {
    const { wallMs, ...rest } = systemClock.now();
    const late: Clock = { now: () => ({ ...rest, wallMs: wallMs + 3_600_000 }) };
    const { url, witness } = await watching([logKey], { clock: late });
    const sink = sinkAt(url, witness.verifierKey);
    await expect(deliver(sink, log, { from: 0, to: 3 })).rejects.toThrow(failure('sink_answer'));
  });
});

describe('a witness that is mean', () => {
  const now = (): number => Math.floor(Date.now() / 1000);
  const bodyAt = (size: number): string => splitNote(log.headAt(size).note).body;

  test.each([
    ['sends nothing', () => ''],
    ['sends words', () => 'hello\n'],
    ['cosigns another head', () => signCosignature(bodyAt(4), stranger, now())],
    [
      'sends the signature of another day',
      () => signCosignature(bodyAt(3), stranger, 1_700_000_000),
    ],
    [
      'signs under the name of ours with another key',
      () => signCosignature(bodyAt(3), aSigner('witness.test', 8), now()),
    ],
    [
      'hides a line that does not hold behind one that does',
      () =>
        `${signCosignature(bodyAt(3), stranger, now())}${signCosignature(bodyAt(4), stranger, now())}`,
    ],
  ])('and %s has acknowledged nothing', async (_name, lines) => {
    const url = await answering((_request, answer) => answer.end(lines()));
    const sink = sinkAt(url, strangerKey);
    await expect(deliver(sink, log, { from: 0, to: 3 })).rejects.toThrow(failure('sink_answer'));
  });

  test('and sends lines of others too is believed for its own', async () => {
    const mine = signCosignature(bodyAt(3), stranger, now());
    const others = signCosignature(bodyAt(9), aSigner('other.test', 3), now());
    const url = await answering((_request, answer) => answer.end(`${others}${mine}`));
    const said = await deliver(sinkAt(url, strangerKey), log, { from: 0, to: 3 });
    expect(said).toMatchObject({ size: 3, anchor: { evidence: mine } });
  });

  test.each([403, 404, 500, 503, 301])('and answers %s is only trouble', async (status) => {
    const url = await answering((_request, answer) =>
      answer.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(),
    );
    const sink = sinkAt(url, strangerKey);
    await expect(deliver(sink, log, { from: 0, to: 3 })).rejects.toThrow(failure('sink_refused'));
  });

  test.each(['', 'x\n', '-1\n', '03\n', '3', '99999999999999999\n'])(
    'and says that it stands at %j is only trouble',
    async (size) => {
      const url = await answering((_request, answer) => answer.writeHead(409).end(size));
      const sink = sinkAt(url, strangerKey);
      await expect(deliver(sink, log, { from: 0, to: 3 })).rejects.toThrow(failure('sink_answer'));
    },
  );

  test('and refuses for ever what follows from where it stands is only trouble', async () => {
    const url = await answering((_request, answer) => answer.writeHead(409).end('2\n'));
    const sink = sinkAt(url, strangerKey);
    expect(await deliver(sink, log, { from: 0, to: 3 })).toMatchObject({ elsewhere: { size: 2 } });
    await expect(deliver(sink, log, { from: 2, to: 3 })).rejects.toThrow(failure('sink_answer'));
  });

  test('and signs nothing has acknowledged nothing, however often it says that it has it', async () => {
    const url = await answering((request, answer) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        const [, old = '', size = ''] = /^old (\d+)[^]*?\n\n[^\n]*\n(\d+)\n/.exec(body) ?? [];
        answer
          .writeHead(old === size ? 200 : 409)
          .end(old === size ? '— nobody AAAA\n' : `${size}\n`);
      });
    });
    const sink = sinkAt(url, strangerKey);
    await expect(deliver(sink, log, { from: 0, to: 3 })).rejects.toThrow(failure('sink_answer'));
    await expect(deliver(sink, log, { from: 3, to: 3 })).rejects.toThrow(failure('sink_answer'));
    await expect(sink.head(log.view, soon())).rejects.toThrow(failure('sink_answer'));
  });

  test('and has more to say than fits is cut off', async () => {
    const url = await answering((_request, answer) => answer.end(Buffer.alloc(2 ** 20, 'a')));
    const sink = sinkAt(url, strangerKey);
    await expect(deliver(sink, log, { from: 0, to: 3 })).rejects.toThrow(
      failure('sink_unreachable'),
    );
  });

  test('and never answers is given up', async () => {
    const over = new AbortController();
    const url = await answering(() => {
      over.abort();
    });
    const sink = sinkAt(url, strangerKey);
    const delivery = { from: 0, head: log.headAt(3), log: log.view };
    await expect(sink.deliver(delivery, over.signal)).rejects.toThrow(failure('sink_unreachable'));
  });
});

test.each([
  ['no key', 'w: { kind: witness, url: "https://w.example" }'],
  ["a log's key", `w: { kind: witness, url: "https://w.example", key: "${logKey}" }`],
  [
    'plain http to elsewhere',
    `w: { kind: witness, url: "http://w.example", key: "${strangerKey}" }`,
  ],
  [
    'an unknown word',
    `w: { kind: witness, url: "https://w.example", key: "${strangerKey}", x: 1 }`,
  ],
])('a section with %s is refused when it is read', (_name, text) => {
  expect(() => {
    checkSinks(parseYaml(text, 'config.yaml', 'config_invalid'));
  }).toThrow(expect.objectContaining({ code: 'config_invalid' }));
});
