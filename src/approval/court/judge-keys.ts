import * as v from 'valibot';
import { IntegrityError, RunbookError } from '../../base/errors.ts';
import {
  beginHistory,
  type KeyHistory,
  newestKey,
  recoveryAt,
  withKey,
  withRecovery,
} from '../../journal/key-history.ts';
import {
  formatVerifierKey,
  keyId,
  parseVerifierKey,
  type VerifierKey,
} from '../../journal/verifier-key.ts';
import { formatPublicKey, parsePublicKey } from '../ssh/ssh-key.ts';
import { decodeBase64 } from '../ssh/ssh-wire.ts';
import { verifySshsig } from '../ssh/sshsig.ts';
import {
  type KeyStatement,
  keyNamespace,
  parseKeyStatement,
  type RecoveryStatement,
  type RotationStatement,
} from '../statement/key-statement.ts';
import type { SeenLog } from '../statement/statement.ts';

/** An entry of the log, as far as keys are concerned. `data` may have any shape. */
export interface KeyEntry {
  readonly seq: number;
  readonly type: string;
  readonly data: unknown;
}

/** What an entry made of the history; where it does not hold, nothing, and `refused` says why. */
export interface JudgedKeys {
  readonly history: KeyHistory;
  readonly refused: string | null;
}

/** Whether the log really had this root when it had so many entries. */
export type HoldsRoot = (log: SeenLog) => boolean;

/** Whether an entry speaks of the log's keys. */
export function isKeyEntry(type: string): boolean {
  return type === 'key.rotated' || type === 'key.recovery';
}

/** The history as genesis begins it. Throws IntegrityError `E_LEAF` where the entry names no usable key. */
export function keysOfGenesis({ seq, type, data }: KeyEntry): KeyHistory {
  const read = v.safeParse(genesisSchema, data);
  if (seq !== 0 || type !== 'log.genesis' || !read.success) {
    throw new IntegrityError({ code: 'E_LEAF', message: 'entry 0 is not genesis' });
  }
  const { key, recovery } = read.output;
  return beginHistory(readKey(key), recovery);
}

/**
 * Judges the next `key.*` entry; others change nothing. A rotation must be signed by the recovery key in
 * force and speak of exactly this log, its present key and its past. The first recovery key may be named
 * by whoever owns the journal, as long as they hold it; every other takes the previous one's signature.
 */
export function applyKeyEntry(history: KeyHistory, entry: KeyEntry, holds: HoldsRoot): JudgedKeys {
  if (!isKeyEntry(entry.type)) {
    return { history, refused: null };
  }
  try {
    const judge = entry.type === 'key.rotated' ? rotate : recover;
    return { history: judge(history, entry, holds), refused: null };
  } catch (error) {
    if (error instanceof RunbookError || error instanceof v.ValiError) {
      return { history, refused: error.message };
    }
    throw error;
  }
}

const text = v.pipe(v.string(), v.minLength(1));
const keySchema = v.object({ name: text, id: text, public: text });
const genesisSchema = v.object({ key: keySchema, recovery: v.nullable(text) });

const rotatedSchema = v.object({
  from: text,
  key: keySchema,
  reason: text,
  compromised_since: v.nullable(text),
  statement: text,
  signature: text,
});

const recoverySchema = v.object({
  public: text,
  statement: text,
  signature: text,
  previous: v.nullable(text),
});

function rotate(history: KeyHistory, { seq, data }: KeyEntry, holds: HoldsRoot): KeyHistory {
  const said = v.parse(rotatedSchema, data);
  const statement = parseKeyStatement(said.statement);
  const recovery = recoveryAt(history, seq);
  if (recovery === null) {
    refuse('no recovery key had been named that could have authorised it');
  }
  if (signerOf(said.statement, said.signature) !== recovery.public) {
    refuse('its statement is not signed by the recovery key in force');
  }
  if (statement.act !== 'rotate') {
    refuse('its statement is about something else');
  }
  const { name, publicKey, id } = newestKey(history);
  const key = readKey(said.key);
  const from = formatVerifierKey(name, publicKey);
  if (statement.from !== from || said.from !== id) {
    refuse(`it rotates from \`${statement.from}\`, but the log is signed by \`${from}\``);
  }
  assertSame(said, statement, key);
  assertNew(history, key);
  assertLog(history, { seq, statement, holds });
  const { reason, compromised_since: compromisedSince } = statement;
  return withKey(history, seq, { key, reason, compromisedSince });
}

function recover(history: KeyHistory, { seq, data }: KeyEntry, holds: HoldsRoot): KeyHistory {
  const said = v.parse(recoverySchema, data);
  const statement = parseKeyStatement(said.statement);
  if (statement.act !== 'recovery' || statement.public !== said.public) {
    refuse('its statement is about something else');
  }
  if (formatPublicKey(parsePublicKey(said.public)) !== said.public) {
    refuse('the key it names is not written as a public key line without comment');
  }
  if (signerOf(said.statement, said.signature) !== said.public) {
    refuse('its statement is not signed by the key that it names');
  }
  assertPrevious(recoveryAt(history, seq)?.public ?? null, said, statement);
  assertLog(history, { seq, statement, holds });
  return withRecovery(history, seq, said.public);
}

function assertPrevious(
  before: string | null,
  said: v.InferOutput<typeof recoverySchema>,
  statement: RecoveryStatement,
): void {
  if (statement.previous !== before) {
    refuse('it replaces another recovery key than the one in force');
  }
  const signer = said.previous === null ? null : signerOf(said.statement, said.previous);
  if (signer !== before) {
    refuse('it is not signed by the recovery key that it replaces');
  }
}

/** The entry's own words are for readers: what counts was signed. */
function assertSame(
  said: v.InferOutput<typeof rotatedSchema>,
  statement: RotationStatement,
  key: VerifierKey,
): void {
  const isSame =
    statement.to === formatVerifierKey(key.name, key.publicKey) &&
    statement.reason === said.reason &&
    statement.compromised_since === said.compromised_since;
  if (!isSame) {
    refuse('the entry says otherwise than the statement that was signed');
  }
  if ((statement.reason === 'compromised') !== (statement.compromised_since !== null)) {
    refuse('it must say since when the key was compromised, and only then');
  }
}

/** A key comes once: a statement is used up with it. Ids are short, and whoever grinds may make two alike. */
function assertNew({ keys }: KeyHistory, key: VerifierKey): void {
  const id = readId(key);
  const [{ name }] = keys;
  if (key.name !== name) {
    refuse(`the new key is named \`${key.name}\`, not like the log`);
  }
  if (keys.some((known) => known.id === id)) {
    refuse(`the id \`${id}\` of the new key is that of an earlier one`);
  }
}

/** Signed for this log as it stood after its last change of keys: for no other, and not for a fork of it. */
function assertLog(
  history: KeyHistory,
  of: { readonly seq: number; readonly statement: KeyStatement; readonly holds: HoldsRoot },
): void {
  const { seq, statement, holds } = of;
  const { log } = statement;
  const { name: origin } = history.keys[0];
  if (log.origin !== origin) {
    refuse(`it was signed for \`${log.origin}\``);
  }
  if (log.size > seq || log.size <= history.changed) {
    refuse(
      `it was signed for a head of ${log.size} entries, and must be for one of ${history.changed + 1} to ${seq}`,
    );
  }
  if (!holds(log)) {
    refuse(`the log never had the head of ${log.size} entries that it was signed for`);
  }
}

/** The public key line whose signature holds. A passkey's rests on the page that asked: nobody checks that here. */
function signerOf(statement: string, signature: string): string {
  const evidence = verifySshsig({
    signature: decodeBase64(signature) ?? Buffer.alloc(0),
    message: Buffer.from(statement),
    namespace: keyNamespace,
  });
  return evidence.origin === null ? evidence.publicKey : refuse('it is signed by a passkey');
}

/** As genesis and `key.rotated` write it. The verifier key's own reader refuses weak ones. */
function readKey({ name, id, public: line }: v.InferOutput<typeof keySchema>): VerifierKey {
  const publicKey = decodeBase64(line) ?? Buffer.alloc(0);
  const key = parseVerifierKey(formatVerifierKey(name, publicKey));
  return readId(key) === id ? key : refuse(`the key does not have the id \`${id}\``);
}

function readId({ name, publicKey }: VerifierKey): string {
  return keyId(name, publicKey).toString('hex');
}

function refuse(message: string): never {
  throw new IntegrityError({ code: 'E_KEY_ROTATION', message });
}
