import { describe, expect } from 'vitest';
import { check, python } from '../support/auditor.ts';
import { altered, codesOf, exporting, openTouchScene, verifying } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';

type Change = (files: Map<string, Buffer>) => void;

interface Attack {
  readonly what: string;
  /** A file of the bundle is exchanged, and the manifest made to fit. */
  readonly change?: Change;
  readonly careless?: boolean;
  readonly bytes?: (bundle: Buffer) => Buffer;
  /** What `verify.py` says, and the code that `audit verify` reports. */
  readonly said: RegExp;
  readonly code: string;
}

const flip = (bytes: Buffer, at = 20): Buffer => {
  const other = Buffer.from(bytes);
  other.writeUInt8(other.readUInt8(at) ^ 1, at);
  return other;
};

function flipFile(pattern: RegExp): Change {
  return (files) => {
    const [name = ''] = [...files.keys()].filter((each) => pattern.test(each));
    files.set(name, flip(files.get(name) ?? Buffer.alloc(0)));
  };
}

const entryOf = (files: ReadonlyMap<string, Buffer>, type: string): string =>
  [...files].find(([, bytes]) => bytes.includes(`"type":"${type}"`))?.[0] ?? '';

/** An entry with everything that is made of it. */
function withoutDecision(files: Map<string, Buffer>): void {
  const entry = entryOf(files, 'approval.decided');
  files.delete(entry);
  files.delete(entry.replace('.json', '.tlog-proof'));
}

const attacks: readonly Attack[] = [
  {
    what: 'a flipped byte in an entry',
    change: flipFile(/^entries\/3.json$/),
    careless: true,
    said: /entries\/3.json: not as in MANIFEST/,
    code: 'E_MANIFEST',
  },
  {
    what: 'a flipped byte in an entry, and a manifest that fits',
    change: flipFile(/^entries\/3.json$/),
    said: /entry 3: it does not stand there in the log/,
    code: 'E_PROOF',
  },
  {
    what: 'two entries exchanged',
    change: (files) => {
      const [one, other] = [files.get('entries/3.json'), files.get('entries/4.json')];
      files.set('entries/3.json', other ?? Buffer.alloc(0));
      files.set('entries/4.json', one ?? Buffer.alloc(0));
    },
    said: /entry 3: it does not stand there in the log/,
    code: 'E_PROOF',
  },
  {
    what: 'a removed decision',
    change: withoutDecision,
    said: /entry \d+: nobody else approved it/,
    code: 'E_QUORUM',
  },
  {
    what: 'a signature of somebody else in its place',
    change: (files) => {
      const [one = '', other = ''] = [...files.keys()].filter((name) => name.endsWith('.sig'));
      files.set(one, files.get(other) ?? Buffer.alloc(0));
    },
    said: /entry \d+: decisions\//,
    code: 'E_MANIFEST',
  },
  {
    what: 'a removed signature',
    change: (files) => {
      files.delete([...files.keys()].find((name) => name.endsWith('.sig')) ?? '');
    },
    said: /entry \d+: KeyError 'decisions\//,
    code: 'E_MANIFEST',
  },
  {
    what: 'another command than was approved',
    change: (files) => {
      const [name] = [...files].find(([, bytes]) => bytes.includes('echo three')) ?? [''];
      files.set(name, Buffer.from(String(files.get(name)).replace('echo three', 'echo free!')));
    },
    said: /blobs\/[0-9a-f]+: not what entries name/,
    code: 'E_BLOB_ALTERED',
  },
  {
    what: 'an older root that the log never had',
    change: (files) => {
      const [name = ''] = [...files.keys()].filter((each) => each.startsWith('roots/'));
      const [, ...proof] = String(files.get(name)).split('\n');
      files.set(name, Buffer.from([Buffer.alloc(32, 5).toString('base64'), ...proof].join('\n')));
    },
    said: /the log never had this root/,
    code: 'E_PROOF',
  },
  {
    what: 'a person who was given a key in `allowed_signers`',
    change: (files) => {
      const text = String(files.get('allowed_signers'));
      files.set('allowed_signers', Buffer.from(text.replaceAll('kim ', 'robin ')));
    },
    careless: true,
    said: /allowed_signers: not as in MANIFEST/,
    code: 'E_MANIFEST',
  },
  {
    what: 'a file more than there should be',
    change: (files) => files.set('notes.txt', Buffer.from('all fine\n')),
    careless: true,
    said: /notes.txt: not as in MANIFEST/,
    code: 'E_MANIFEST',
  },
  ...[
    'extra/evil.sh',
    'evil.csv',
    'entries/99.json',
    'witnesses/evil.sh',
    `blobs/${'ab'.repeat(32)}`,
  ].map(
    (name): Attack => ({
      what: `${name}, and a manifest that fits`,
      change: (files) => files.set(name, Buffer.from('all fine\n')),
      said: /WRONG: \S+: nothing that belongs into a bundle/,
      code: name.startsWith('blobs/') ? 'E_BUNDLE_FORM' : 'E_MANIFEST',
    }),
  ),
  {
    what: 'an archive that is cut short',
    bytes: (bundle) => bundle.subarray(0, bundle.length - 1024 - 512),
    said: /WRONG: the bundle: /,
    code: 'E_BUNDLE_FORM',
  },
  {
    what: 'bytes behind the end of the archive',
    bytes: (bundle) => Buffer.concat([bundle, Buffer.from('more')]),
    said: /more follows its end/,
    code: 'E_BUNDLE_FORM',
  },
  {
    what: 'a whole archive behind the end of the archive',
    bytes: (bundle) => Buffer.concat([bundle, bundle]),
    said: /more follows its end/,
    code: 'E_BUNDLE_FORM',
  },
  {
    what: 'a checkpoint that the log did not sign',
    change: (files) => {
      const note = String(files.get('checkpoint'));
      files.set('checkpoint', Buffer.from(note.replace(/ (\S{20})/, ` ${'A'.repeat(20)}`)));
    },
    said: /checkpoint: the log's key did not sign it/,
    code: 'E_STH_SIG',
  },
];

describe('a bundle that somebody altered is refused by verify.py and by audit verify alike', () => {
  testWith([python], 'each alteration is named', async () => {
    const { bundle } = await exporting(await openTouchScene());
    expect(check(bundle)).toMatchObject({ exitCode: 0 });
    expect(await verifying(bundle)).toMatchObject({ exit_code: 0, findings: [] });
    for (const { what, change, careless = false, bytes, said, code } of attacks) {
      const attacked = bytes?.(bundle) ?? altered(bundle, (files) => change?.(files), { careless });
      const { exitCode, said: words } = check(attacked);
      expect(exitCode, what).toBe(1);
      expect(words, what).toMatch(said);
      expect(await codesOf(attacked), what).toContain(code);
    }
  });
});
