import * as v from 'valibot';
import type { BegunLink, LinkedAccount } from '../login-reports.ts';
import { time, type Wire } from './values.ts';

/** Linking a chat account, one code each way; see `wire.ts` for the rest. */

const channel = v.picklist(['slack']);

export const linkBody = v.strictObject({ channel });

/** `code`: what the chat shows, as somebody typed it. */
export const linkAnswerBody = v.strictObject({
  channel,
  code: v.pipe(v.string(), v.maxLength(100)),
});

export const begunLink: Wire<BegunLink> = v.object({
  person: v.string(),
  code: v.string(),
  expires_at: time,
});

export const linkedAccount: Wire<LinkedAccount> = v.object({
  person: v.string(),
  identity: v.pipe(v.string(), v.startsWith('slack:')),
  name: v.string(),
});
