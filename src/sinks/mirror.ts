import type { Clock } from '../base/clock.ts';
import { JournalError } from '../base/errors.ts';
import type { AnchorKey } from '../journal/anchor.ts';
import {
  acceptLines,
  type Cosigner,
  post,
  readCosigner,
  refused,
  standsAt,
  submitHead,
} from './cosigner.ts';
import type { HttpAnswer } from './http.ts';
import { rootAt } from './log-hashes.ts';
import type { SinkReader } from './open-sinks.ts';
import type { Acknowledged, Delivery, LogView, SinkAnswer, SinkElsewhere } from './sink.ts';
import { buildUpload } from './upload.ts';

/** How many entries one upload has at most: C2SP tlog-mirror, 32 packages of 256. */
const entriesAtOnce = 8192;

/** A mirror whose place does not change by what it is sent takes nothing. */
const mostStalls = 3;

/**
 * Somebody who keeps our entries, and cosigns a head once all below it are there (C2SP tlog-mirror):
 * `runbook audit witness --mirror`, `runbook serve` with `serve.mirror`, or any other.
 */
export const mirrorSink: SinkReader = (section) => {
  const cosigner = readCosigner(section);
  return ({ clock }) => ({
    name: cosigner.name,
    kind: 'mirror',
    counts: true,
    wants: 'head',
    batch: entriesAtOnce,
    address: `mirror ${cosigner.prefix.href}`,
    anchorKey: (): AnchorKey => ({ kind: 'cosignature', verifierKey: cosigner.verifierKey }),
    head: (log, signal) => askMirror({ cosigner, log, signal, clock }),
    async deliver(delivery, signal) {
      const errand = { cosigner, log: delivery.log, signal, clock };
      const pending = await settleHead(errand, delivery);
      return typeof pending === 'number'
        ? upload(errand, { from: delivery.from, end: pending })
        : pending;
    },
  });
};

interface Errand {
  readonly cosigner: Cosigner;
  readonly log: LogView;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Entries `from <= seq < end`; `end` is the size of the head that they are proven against. */
interface Stretch {
  readonly from: number;
  readonly end: number;
}

/**
 * What it has whole. The head is asked first, which tells whether ours is older than what it has seen; then
 * it is asked to finish an upload that may have been cut off before its last answer.
 */
async function askMirror(errand: Errand): Promise<SinkAnswer> {
  const { cosigner, log, signal } = errand;
  const head = await log.head();
  const said = await submitHead(cosigner, { from: head.size, head, log }, signal);
  const seen = 'elsewhere' in said ? said.elsewhere : head;
  if (seen === null || seen.size > (await log.head()).size) {
    return { elsewhere: seen };
  }
  const answer = await send(errand, { from: seen.size, end: seen.size });
  if (answer.status === 200) {
    return acknowledged(errand, answer, seen.size);
  }
  const { next } = placeIn(cosigner, answer);
  return standsAt(Math.min(next, seen.size));
}

/** Makes our head, or a newer one of ours that it has already, its pending head; answers how large that is. */
async function settleHead(
  { cosigner, log, signal }: Errand,
  { from, head }: Delivery,
): Promise<number | SinkElsewhere> {
  let seen = from;
  for (let stalls = 0; stalls < mostStalls; stalls += 1) {
    const answer = await submitHead(cosigner, { from: seen, head, log }, signal);
    if (!('elsewhere' in answer)) {
      return head.size;
    }
    seen = answer.elsewhere?.size ?? 0;
    if (seen > head.size) {
      const newest = await log.head();
      return seen > newest.size ? answer : seen;
    }
  }
  throw takesNothing(cosigner);
}

async function upload(errand: Errand, stretch: Stretch): Promise<SinkAnswer> {
  const { cosigner, log } = errand;
  let { from, end } = stretch;
  for (let stalls = 0; stalls < mostStalls; ) {
    const answer = await send(errand, { from, end });
    if (answer.status === 200) {
      return acknowledged(errand, answer, end);
    }
    const place = placeIn(cosigner, answer);
    if (place.pending > (await log.head()).size) {
      return standsAt(place.pending);
    }
    stalls += place.next > from ? 0 : 1;
    end = place.pending;
    from = Math.min(place.next, end);
  }
  throw takesNothing(cosigner);
}

async function send({ cosigner, log, signal }: Errand, stretch: Stretch): Promise<HttpAnswer> {
  const { body, encoding } = await buildUpload(log, stretch);
  return post(cosigner, 'add-entries', {
    body,
    signal,
    headers: { 'content-type': 'application/octet-stream', 'content-encoding': encoding },
  });
}

async function acknowledged(
  { cosigner, log, clock }: Errand,
  { body }: HttpAnswer,
  size: number,
): Promise<Acknowledged> {
  if (size === 0) {
    throw takesNothing(cosigner);
  }
  const head = { size, root: await rootAt(log, size) };
  const lines = body.toString('utf8');
  const evidence = acceptLines(cosigner, { ...head, origin: log.origin, lines }, clock);
  return { ...head, anchor: { kind: 'cosignature', evidence } };
}

/** What it says of itself, `text/x.tlog.mirror-info`; a ticket is not kept. */
function placeIn(
  cosigner: Cosigner,
  answer: HttpAnswer,
): { readonly pending: number; readonly next: number } {
  if (answer.status !== 202 && answer.status !== 409) {
    throw refused(cosigner, answer);
  }
  const [, pending, next] =
    /^(\d{1,15})\n(\d{1,15})\n.*\n$/.exec(answer.body.toString('utf8')) ?? [];
  if (pending === undefined || next === undefined) {
    throw new JournalError({
      code: 'sink_answer',
      message: `sink \`${cosigner.name}\`: it does not say where it stands`,
    });
  }
  return { pending: Number(pending), next: Number(next) };
}

function takesNothing({ name }: Cosigner): JournalError {
  return new JournalError({
    code: 'sink_answer',
    message: `sink \`${name}\`: it takes nothing of what it is sent`,
  });
}
