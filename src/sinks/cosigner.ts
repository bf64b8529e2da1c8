import type { Clock } from '../base/clock.ts';
import { IntegrityError, JournalError } from '../base/errors.ts';
import { lazy } from '../base/lazy.ts';
import { object } from '../base/yaml-collections.ts';
import { oneOf, text } from '../base/yaml-scalars.ts';
import { checkDocument, invalid, refine } from '../base/yaml-schema.ts';
import { formatCheckpoint } from '../journal/checkpoint.ts';
import { type Cosignature, verifyCosignatures } from '../journal/cosignature.ts';
import { parseVerifierKey, type VerifierKey } from '../journal/verifier-key.ts';
import { callHttp, type HttpAnswer } from './http.ts';
import type { SinkSection } from './open-sinks.ts';
import {
  type Delivery,
  type SignedHead,
  SinkConflict,
  type SinkElsewhere,
  type SinkHead,
} from './sink.ts';
import { sinkUrl } from './sink-url.ts';

/** Somebody outside who cosigns our heads, as `{kind, url, key}` under `sinks` names them. */
export interface Cosigner {
  readonly name: string;
  /** What the names of calls are put behind; ends with a slash. */
  readonly prefix: URL;
  readonly key: VerifierKey;
  readonly verifierKey: string;
}

/** What their own clock may be off ours: a cosignature of another time is not the answer to this call. */
const maxSkewSeconds = 300;

const maxAnswerBytes = 256 * 1024;

/** Throws InvalidFileError `config_invalid`. */
export function readCosigner({ name, section }: SinkSection): Cosigner {
  const { url, key } = checkDocument(sectionSchema(), section);
  const prefix = new URL(url);
  prefix.pathname = prefix.pathname.replace(/\/*$/, '/');
  return { name, prefix, ...key };
}

/**
 * C2SP tlog-witness `add-checkpoint`; `from` is what we think their newest head is. Answers the lines that
 * came for this head, of anybody and unverified (a mirror may send none), or where they stand. Throws
 * SinkConflict where their newest head, at the size that both agree on, is not ours, JournalError
 * `sink_refused` for every other no.
 */
export async function submitHead(
  cosigner: Cosigner,
  { from, head, log }: Delivery,
  signal: AbortSignal,
): Promise<{ readonly lines: string } | SinkElsewhere> {
  const proof = await log.consistencyProof(from, head.size);
  const hashes = proof.map((hash) => `${hash.toString('base64')}\n`).join('');
  const body = `old ${from}\n${hashes}\n${head.note}`;
  const answer = await post(cosigner, 'add-checkpoint', { body, signal });
  switch (answer.status) {
    case 200:
      return { lines: answer.body.toString('utf8') };
    case 409: {
      const size = sizeIn(cosigner, answer);
      refuseStanding(cosigner, { from, head }, size);
      // Whoever brought it there, such as the mirror that shares its memory: it is to sign that it has it.
      return size === head.size
        ? submitHead(cosigner, { from: size, head, log }, signal)
        : standsAt(size);
    }
    case 422:
      throw conflict(cosigner, from, `its newest head of ${from} entries is not of this journal`);
    default:
      throw refused(cosigner, answer);
  }
}

/** It stands where we thought, and takes nothing: at our own head's size that is because it has another. */
function refuseStanding(
  cosigner: Cosigner,
  { from, head }: { readonly from: number; readonly head: SignedHead },
  size: number,
): void {
  if (size === from && size === head.size) {
    throw conflict(cosigner, size, `it has another head of ${size} entries`);
  }
  if (size === from) {
    throw new JournalError({
      code: 'sink_answer',
      message: `sink \`${cosigner.name}\`: it says that it stands at ${size}, and refuses what follows`,
    });
  }
}

/** They name a size, and sign nothing. */
export function standsAt(size: number): SinkElsewhere {
  return { elsewhere: size === 0 ? null : { size, root: null } };
}

/**
 * The lines, of those that came, that their key signed over this head just now. Throws JournalError
 * `sink_answer` where there is none: then nobody can be shown that they have seen it.
 */
export function acceptLines(
  { name, key }: Cosigner,
  { origin, size, root, lines }: SinkHead & { readonly origin: string; readonly lines: string },
  clock: Clock,
): string {
  const nowSeconds = clock.now().wallMs / 1000;
  const own = cosignaturesIn(`${formatCheckpoint({ origin, size, root })}\n${lines}`, key);
  const fresh = own.filter(
    ({ timeSeconds }) => Math.abs(timeSeconds - nowSeconds) <= maxSkewSeconds,
  );
  if (fresh.length === 0) {
    const why =
      own.length === 0
        ? `no cosignature of \`${key.name}\` over this head`
        : `a cosignature whose time is more than ${maxSkewSeconds} s from ours`;
    throw new JournalError({ code: 'sink_answer', message: `sink \`${name}\`: it sent ${why}` });
  }
  return fresh.map(({ line }) => line).join('');
}

function cosignaturesIn(note: string, key: VerifierKey): readonly Cosignature[] {
  try {
    return verifyCosignatures(note, [key]);
  } catch (error) {
    if (error instanceof IntegrityError) {
      return [];
    }
    throw error;
  }
}

/** One call to them, with an answer of any status. */
export function post(
  { prefix }: Cosigner,
  call: string,
  of: {
    readonly body: Buffer | string;
    readonly signal: AbortSignal;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<HttpAnswer> {
  const url = new URL(call, prefix);
  return callHttp({ method: 'POST', url, maxBytes: maxAnswerBytes, ...of });
}

export function refused({ name, prefix }: Cosigner, { status, body }: HttpAnswer): JournalError {
  const hint = hints[status];
  return new JournalError({
    code: 'sink_refused',
    message: `sink \`${name}\`: \`${prefix.origin}\` answered ${status}`,
    ...(hint === undefined ? {} : { hint }),
    cause: body.subarray(0, 200).toString('utf8'),
  });
}

const hints: Readonly<Record<number, string>> = {
  403: 'it knows this journal by another key: start it with `--log` and the one that `runbook journal key show` prints',
  404: 'it does not know this journal: start it with `--log` and the key that `runbook journal key show` prints; or `url` is not the prefix of its calls',
};

function sizeIn({ name }: Cosigner, { body }: HttpAnswer): number {
  const text = body.toString('utf8');
  if (/^(0|[1-9]\d{0,15})\n$/.test(text)) {
    return Number(text);
  }
  throw new JournalError({
    code: 'sink_answer',
    message: `sink \`${name}\`: it does not say where it stands`,
  });
}

/** They do not show the head that they have instead: nobody's has this root. */
const unknownRoot = Buffer.alloc(32);

function conflict({ name }: Cosigner, size: number, message: string): SinkConflict {
  const theirs = { size, root: unknownRoot, note: null };
  return new SinkConflict('E_FORK', { sink: name, message, theirs });
}

/** Checked when the file is read: a key of another kind would refuse every answer there ever is. */
const cosignerKey = refine(
  text({ example: 'witness.example/w1+8d66cf3f+BAEC…' }),
  (written, node, place) => {
    try {
      return { key: parseVerifierKey(written, 'cosignature'), verifierKey: written };
    } catch (error) {
      if (!(error instanceof IntegrityError)) {
        throw error;
      }
      place.report(
        node.at,
        `\`${place.name}\` must be the verifier key of a cosigner: ${error.message}`,
        '`runbook audit witness` prints it',
      );
      return invalid;
    }
  },
);

const sectionSchema = lazy(() =>
  object({
    kind: oneOf('witness', 'mirror'),
    url: sinkUrl('https://witness.example.com/'),
    key: cosignerKey,
  }),
);
