import { isUtf8 } from 'node:buffer';
import { sha256 } from '../base/digest.ts';
import { IntegrityError } from '../base/errors.ts';
import type { Sha256 } from '../base/ids.ts';
import { canonicalize, parseCanonical } from '../base/jcs.ts';
import { isPlainlyCanonical } from '../base/jcs-scan.ts';
import type { Command, SecretRef, Text } from './command.ts';
import type { Plan } from './plan.ts';

/**
 * What an approver approves and a permit names: SHA-256("runbook.command.v1" ‖ 0x00 ‖ JCS). The prefix
 * keeps a command from ever passing for a plan or a leaf with the same bytes.
 */
export function commandDigest(command: Command): Sha256 {
  return sha256(`runbook.command.v1\0${canonicalize(command)}`);
}

/** SHA-256("runbook.plan.v1" ‖ 0x00 ‖ JCS). */
export function planDigest(plan: Plan): Sha256 {
  return sha256(`runbook.plan.v1\0${canonicalize(plan)}`);
}

/**
 * SHA-256("runbook.params.v1" ‖ 0x00 ‖ JCS) of a plan's parameters: what a start is signed for. A secret is
 * in it by its name alone, since its commitment is made when the run is.
 */
export function paramsDigest(params: Plan['params']): Sha256 {
  const open = Object.entries(params).map(([name, value]) => [
    name,
    isSecretRef(value) ? { secret: value.secret } : value,
  ]);
  return sha256(`runbook.params.v1\0${canonicalize(Object.fromEntries(open))}`);
}

/** The command's canonical bytes: what its blob holds and its digest covers. */
export function encodeCommand(command: Command): Buffer {
  return Buffer.from(canonicalize(command), 'utf8');
}

/** Reads a command's blob. Throws IntegrityError for bytes that `encodeCommand` did not write. */
export function decodeCommand(bytes: Buffer): Command {
  return decode(bytes, 'command') as Command;
}

/** The plan's canonical bytes. */
export function encodePlan(plan: Plan): Buffer {
  return Buffer.from(canonicalize(plan), 'utf8');
}

/** As `planDigest`, of bytes that `decodePlan` has read: they are the canonical form. */
export function planBytesDigest(bytes: Buffer): Sha256 {
  return sha256(Buffer.concat([Buffer.from('runbook.plan.v1\0'), bytes]));
}

/** Reads a plan's blob. Throws IntegrityError for bytes that `encodePlan` did not write. */
export function decodePlan(bytes: Buffer): Plan {
  return decode(bytes, 'plan') as Plan;
}

/** Names of the secrets the command is given at spawn, its check's included, sorted. */
export function secretsOf(command: Command): readonly string[] {
  const { action, check, env } = command;
  const sent =
    action.kind === 'http' ? [...action.headers.map((it) => it.value), action.body ?? []] : [];
  const texts: readonly Text[] = [...Object.values(env), ...sent];
  const own = texts
    .flat()
    .filter(isSecretRef)
    .map((piece) => piece.secret);
  return [...new Set([...own, ...(check === null ? [] : secretsOf(check))])].sort();
}

/** A secret, where other values may stand too. */
export function isSecretRef(value: unknown): value is SecretRef {
  return typeof value === 'object' && value !== null && 'secret' in value && 'commitment' in value;
}

/**
 * The bytes come from a blob whose id or digest was checked, so the form is what we once wrote; the
 * version alone can be one that this program does not know.
 */
function decode(bytes: Buffer, what: string): unknown {
  const text = bytes.toString('utf8');
  const isPlain = isUtf8(bytes) && isPlainlyCanonical(bytes);
  const value: unknown = isPlain ? JSON.parse(text) : parseCanonical(text);
  if (typeof value === 'object' && value !== null && 'v' in value && value.v === 1) {
    return value;
  }
  throw new IntegrityError({
    code: `${what}_unreadable`,
    message: `these bytes are not a ${what} of version 1`,
    hint: 'a newer program may have written them',
  });
}
