import * as v from 'valibot';
import { IntegrityError } from '../../base/errors.ts';
import type { BlobId, RunId, Sha256 } from '../../base/ids.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Anchor, AnchorKey } from '../../journal/anchor.ts';
import { openNote } from '../../journal/checkpoint.ts';
import { leafHash } from '../../journal/leaf.ts';
import { splitNote } from '../../journal/note.ts';
import { parseVerifierKey } from '../../journal/verifier-key.ts';
import { disclosures, type Evidence, type ProvenEntry } from './evidence.ts';
import { parseEntryProof, parseRoot } from './proof-text.ts';
import type { Files } from './tar.ts';

/**
 * The evidence in a bundle's files: `composeBundle` makes them again from it. Nothing of it is believed,
 * but that the note is signed by the key beside it. Throws IntegrityError `E_BUNDLE_FORM` for what cannot
 * be read, `E_STH_FORM`, `E_STH_SIG`, `E_KEY`, `E_PROOF`.
 */
export function parseBundle(files: Files): Evidence {
  const text = (name: string): string => textOf(files, name);
  const { scope, origin, disclosed } = readJson(text('bundle.json'), aboutSchema);
  const key = text('log.vkey').trim();
  const { note, cosignatures } = parseNote(text('checkpoint'));
  const { checkpoint } = openNote(note, [parseVerifierKey(key)]);
  const { size, root } = checkpoint;
  const earlier = named(files, /^keys\/(\d+)\.vkey$/).sort((one, other) => +one[0] - +other[0]);
  return {
    scope,
    origin,
    disclosed,
    keys: [...earlier.map(([, bytes]) => bytes.toString().trim()), key],
    head: { size, root, note },
    entries: parseEntries(files, note),
    roots: byNumber(files, /^roots\/(\d+)$/).map(([older, bytes]) =>
      parseRoot(bytes.toString(), older),
    ),
    blobs: named(files, /^blobs\/([0-9a-f]{64})$/).map(([id, bytes]) => {
      return { id: id as BlobId, bytes, salt: bytesOf(files, `blobs/${id}.salt`) };
    }),
    openings: named(files, /^openings\/([0-9a-f]{64})$/).map(([id, salt]) => {
      return { commitment: id as Sha256, salt };
    }),
    // For readers. Whether something may be missing, the entries say.
    withheld: [],
    ...parseAnchors(files, { size, root: root.toString('base64'), cosignatures }),
    findings: readJson(text('findings.json'), v.custom<JsonObject>(isObject)),
  };
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const aboutSchema = v.strictObject({
  format: v.literal('runbook.evidence/v1'),
  origin: v.string(),
  size: count,
  scope: v.variant('kind', [
    v.strictObject({
      kind: v.literal('run'),
      run: v.custom<RunId>((value) => typeof value === 'string'),
    }),
    v.strictObject({ kind: v.literal('range'), from: count, to: count }),
  ]),
  disclosed: v.array(v.picklist(disclosures)),
});

/** The log's own line stands first; the lines below it are of others. */
function parseNote(text: string): { readonly note: string; readonly cosignatures: string } {
  const { body, signatures } = splitNote(text);
  const own = text.indexOf('\n', body.length + 1) + 1;
  return signatures.length === 0
    ? { note: text, cosignatures: '' }
    : { note: text.slice(0, own), cosignatures: text.slice(own) };
}

function parseEntries(files: Files, note: string): readonly ProvenEntry[] {
  return byNumber(files, /^entries\/(\d+)\.tlog-proof$/).map(([seq, proof]) => {
    const bytes = files.get(`entries/${seq}.json`) ?? null;
    const hash =
      bytes === null
        ? Buffer.from(textOf(files, `entries/${seq}.pruned`).trim(), 'hex')
        : leafHash(bytes);
    return { seq, bytes, hash, proof: parseEntryProof(proof.toString(), seq, note) };
  });
}

function parseAnchors(
  files: Files,
  of: { readonly size: number; readonly root: string; readonly cosignatures: string },
): Pick<Evidence, 'anchors' | 'anchorKeys'> {
  const { size, root, cosignatures } = of;
  const base = { size, root, at: '' };
  const lines = cosignatures.split('\n').filter((line) => line !== '');
  const cosigned = lines.map((line): Anchor => {
    return { ...base, by: '', kind: 'cosignature', evidence: `${line}\n` };
  });
  const stamped = named(files, /^timestamps\/(.+)\.tst$/).map(([name, token]): Anchor => {
    const by = name.split('.').slice(2).join('.');
    return { ...base, by, kind: 'timestamp', evidence: token.toString('base64') };
  });
  return {
    anchors: [...cosigned, ...stamped],
    anchorKeys: [
      ...named(files, /^witnesses\/(.+)\.vkey$/).map(([name, key]) => {
        const verifierKey = key.toString().trim();
        return { name, key: { kind: 'cosignature', verifierKey } satisfies AnchorKey };
      }),
      ...named(files, /^timestamps\/(.+)\.pem$/).map(([name, pem]) => {
        const certificates = pem.toString();
        return { name, key: { kind: 'timestamp', certificates } satisfies AnchorKey };
      }),
    ],
  };
}

/** Files by the part of their names that the pattern captures. */
function named(files: Files, pattern: RegExp): (readonly [string, Buffer])[] {
  return [...files].flatMap(([name, bytes]) => {
    const part = pattern.exec(name)?.[1];
    return part === undefined ? [] : [[part, bytes] as const];
  });
}

function byNumber(files: Files, pattern: RegExp): (readonly [number, Buffer])[] {
  return named(files, pattern)
    .map(([part, bytes]) => [Number(part), bytes] as const)
    .sort(([one], [other]) => one - other);
}

function bytesOf(files: Files, name: string): Buffer {
  const bytes = files.get(name);
  if (bytes === undefined) {
    throw malformed(`\`${name}\` is missing`);
  }
  return bytes;
}

function textOf(files: Files, name: string): string {
  return bytesOf(files, name).toString('utf8');
}

function readJson<Output>(text: string, schema: v.GenericSchema<unknown, Output>): Output {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    throw malformed('one of its JSON files has another form', cause);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string, cause?: unknown): IntegrityError {
  const message = `the bundle cannot be read: ${what}`;
  return new IntegrityError({ code: 'E_BUNDLE_FORM', message, cause });
}
