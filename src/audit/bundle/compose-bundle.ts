import { sha256 } from '../../base/digest.ts';
import type { BlobId } from '../../base/ids.ts';
import type { Anchor } from '../../journal/anchor.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import { formatAllowedSigners, type KeysChange, sshTime } from './allowed-signers.ts';
import { formatCsv } from './csv.ts';
import type { Evidence, ProvenEntry } from './evidence.ts';
import { programTexts } from './program-texts.ts';
import { formatEntryProof, formatRoot } from './proof-text.ts';
import { signedTextOf } from './signed-texts.ts';
import type { Files } from './tar.ts';

/** Every file of the bundle. Nothing in them comes from anywhere but the evidence. */
export function composeBundle(evidence: Evidence): Files {
  const note = withCosignatures(evidence);
  const readable = evidence.entries.flatMap(readEntry);
  const files = new Map<string, Buffer>();
  const put = (name: string, content: string | Buffer): void => {
    files.set(name, Buffer.from(content));
  };
  for (const [name, text] of Object.entries(programTexts)) {
    put(name, text);
  }
  put('bundle.json', json(about(evidence)));
  put('findings.json', json(evidence.findings));
  put('checkpoint', note);
  putKeys(evidence, put);
  for (const { seq, bytes, hash, proof } of evidence.entries) {
    put(`entries/${seq}.tlog-proof`, formatEntryProof(seq, proof, evidence.head.note));
    put(...leafFile(seq, bytes, hash));
  }
  for (const root of evidence.roots) {
    put(`roots/${root.size}`, formatRoot(root));
  }
  for (const { id, salt, bytes } of evidence.blobs) {
    put(`blobs/${id}`, bytes);
    put(`blobs/${id}.salt`, salt);
  }
  for (const { commitment, salt } of evidence.openings) {
    put(`openings/${commitment}`, salt);
  }
  put('withheld.csv', withheldTable(evidence));
  putSigned(readable, put);
  put('allowed_signers', allowedSigners(readable, evidence));
  files.set('MANIFEST', manifestOf(files));
  return files;
}

type Put = (name: string, content: string | Buffer) => void;

/** As `sha256sum` reads it. */
export function manifestOf(files: Files): Buffer {
  const names = [...files.keys()].filter((name) => name !== 'MANIFEST').sort();
  const lines = names.map((name) => `${sha256(files.get(name) ?? '')}  ${name}\n`);
  return Buffer.from(lines.join(''));
}

/** Where the bytes of an entry are, or the hash that is left of them. */
function leafFile(seq: number, bytes: Buffer | null, hash: Buffer): [string, Buffer | string] {
  return bytes === null
    ? [`entries/${seq}.pruned`, `${hash.toString('hex')}\n`]
    : [`entries/${seq}.json`, bytes];
}

function about({ scope, origin, head, disclosed }: Evidence): object {
  return { format: 'runbook.evidence/v1', origin, size: head.size, scope, disclosed };
}

/** Witnesses sign the same body: their lines stand below the log's own (C2SP signed-note). */
function withCosignatures({ head, anchors }: Evidence): string {
  const lines = anchors.filter(({ kind }) => kind === 'cosignature').map(cosignatureLines);
  return `${head.note}${[...new Set(lines)].join('')}`;
}

function cosignatureLines({ evidence }: Anchor): string {
  return evidence.endsWith('\n') ? evidence : `${evidence}\n`;
}

function putKeys({ keys, anchors, anchorKeys, head }: Evidence, put: Put): void {
  put('log.vkey', `${keys.at(-1) ?? ''}\n`);
  for (const [at, key] of keys.slice(0, -1).entries()) {
    put(`keys/${at}.vkey`, `${key}\n`);
  }
  for (const { name, key } of anchorKeys) {
    if (key.kind === 'cosignature') {
      put(`witnesses/${name}.vkey`, `${key.verifierKey}\n`);
    } else {
      put(`timestamps/${name}.pem`, key.certificates);
    }
  }
  const tokens = anchors.filter(({ kind }) => kind === 'timestamp');
  for (const [at, { by, evidence }] of tokens.entries()) {
    put(`timestamps/${head.size}.${at}.${by}.tst`, Buffer.from(evidence, 'base64'));
  }
}

function withheldTable({ withheld }: Evidence): string {
  const rows = withheld.map(({ what, id, entry, why }) => [entry, what, id, why]);
  return formatCsv([['entry', 'what', 'id', 'why'], ...rows]);
}

function putSigned(entries: readonly Recorded[], put: Put): void {
  const texts = entries.map(signedTextOf).filter((text) => text !== null);
  for (const { id, statement, signature } of texts) {
    put(`decisions/${id}.statement`, statement);
    put(`decisions/${id}.sig`, signature);
  }
  const rows = texts.map(({ id, entry, namespace, person, time }) => {
    return [id, entry, namespace, person, sshTime(time)];
  });
  put('decisions.csv', formatCsv([['id', 'entry', 'namespace', 'person', 'time'], ...rows]));
}

function allowedSigners(entries: readonly Recorded[], { blobs }: Evidence): string {
  const textOf = (id: BlobId): string =>
    blobs.find((blob) => blob.id === id)?.bytes.toString('utf8') ?? '';
  const changes = entries.flatMap((entry) => changeOf(entry, textOf));
  const recovery = entries.flatMap(({ time, event }) => {
    if (event.type === 'key.recovery') {
      return [{ since: time, publicKey: event.data.public }];
    }
    return event.type === 'log.genesis' && event.data.recovery !== null
      ? [{ since: time, publicKey: event.data.recovery }]
      : [];
  });
  return formatAllowedSigners(changes, recovery);
}

function changeOf(
  { time: since, event }: Recorded,
  textOf: (id: BlobId) => string,
): readonly KeysChange[] {
  if (event.type === 'config.set') {
    return [{ since, kind: 'people', text: textOf(event.data.people) }];
  }
  if (event.type === 'passkey.enrolled') {
    const { passkey, person, public: publicKey } = event.data;
    return [{ since, kind: 'enrolled', passkey, person, publicKey }];
  }
  return event.type === 'passkey.removed'
    ? [{ since, kind: 'removed', passkey: event.data.passkey }]
    : [];
}

/** What cannot be read goes in as it is; whoever verifies says what is wrong with it. */
function readEntry({ seq, bytes }: ProvenEntry): readonly Recorded[] {
  try {
    return bytes === null ? [] : [recordedOf({ seq, bytes })];
  } catch {
    return [];
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
