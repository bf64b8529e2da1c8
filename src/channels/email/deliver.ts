import { ConfigError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { stateAt, takesDecisions } from '../cards/state-at.ts';
import type { Front } from '../channel.ts';
import { compose } from './compose.ts';
import { type Mail, messageId } from './mail.ts';
import { type Due, dropDue, listDue } from './outbox.ts';
import { openPost, type Post, type Sent } from './post.ts';
import type { EmailSettings } from './settings.ts';

/** What is still in the outbox, and why. */
export interface Left {
  readonly count: number;
  /** The server takes nothing; null where it takes what it can. */
  readonly failed: string | null;
  /** Of a mail that it does not take now. */
  readonly deferred: string | null;
}

/** Nothing. */
export const none: Left = { count: 0, failed: null, deferred: null };

export interface Delivery {
  readonly front: Front;
  readonly settings: EmailSettings;
  /** Where the password is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: JsonObject) => void;
}

/** After so long nobody waits for it. */
const giveUpMs = 3 * 24 * 3_600_000;

/**
 * Sends what is in the outbox, in order, until it is empty, the server takes no more, or `signal` aborts.
 *
 * A mail leaves the outbox after the server has taken it. A crash between the two sends it again, under the
 * same Message-ID; there is no other way to get it twice, and none to lose it.
 */
export async function sendDue(delivery: Delivery, signal: AbortSignal): Promise<Left> {
  const { front, settings, env } = delivery;
  const due = await listDue(front.notes);
  if (due.length === 0) {
    return none;
  }
  try {
    const post = await openPost(settings, env);
    return await sendAll(delivery, { due, post, signal });
  } catch (error) {
    if (error instanceof ConfigError) {
      // A secret that somebody is just putting there: it is looked for again.
      return { ...none, count: due.length, failed: error.message };
    }
    throw error;
  }
}

interface Sending {
  readonly due: readonly Due[];
  readonly post: Post;
  readonly signal: AbortSignal;
}

async function sendAll(delivery: Delivery, { due, post, signal }: Sending): Promise<Left> {
  let left: Left = { ...none, count: due.length };
  for (const one of due) {
    if (left.failed !== null || signal.aborted) {
      break;
    }
    const sent = await sendOne(delivery, one, post);
    left = {
      count: sent.kind === 'gone' ? left.count - 1 : left.count,
      failed: sent.kind === 'failed' ? sent.message : null,
      deferred: sent.kind === 'deferred' ? sent.message : left.deferred,
    };
  }
  return left;
}

/** `gone` where it is in the outbox no more. */
async function sendOne(
  { front, settings, log }: Delivery,
  due: Due,
  post: Post,
): Promise<Exclude<Sent, { kind: 'sent' | 'refused' }> | { readonly kind: 'gone' }> {
  const mail = await write(front, settings, due);
  const sent: Sent = mail === null ? { kind: 'sent' } : await post.send(mail);
  const isYoung = front.clock.now().wallMs - due.sinceMs < giveUpMs;
  if (sent.kind === 'failed' || (sent.kind === 'deferred' && isYoung)) {
    return sent;
  }
  if (sent.kind !== 'sent') {
    log({ event: 'email', to: due.to, request: due.request, refused: sent.message });
  }
  await dropDue(front.notes, due);
  return { kind: 'gone' };
}

/** Null where nobody need be asked any more. */
async function write(
  front: Front,
  settings: EmailSettings,
  { request, occasion, to }: Due,
): Promise<Mail | null> {
  const standing = await front.look(request);
  const { wallMs: nowMs } = front.clock.now();
  if (occasion.kind !== 'outcome' && !takesDecisions(stateAt(standing, nowMs))) {
    return null;
  }
  const root = messageId({ request, occasion: { kind: 'asked' }, to }, settings.from);
  const id = messageId({ request, occasion, to }, settings.from);
  const text = compose(standing, { occasion, nowMs, url: front.url });
  return { to, id, inReplyTo: id === root ? null : root, ...text };
}
