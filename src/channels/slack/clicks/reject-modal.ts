import type { SlackView } from '../api/slack-api.ts';
import { formatRejectContext, type RejectContext, rejectModal } from '../button-ids.ts';
import { plainText } from '../card/escape.ts';

/** The longest reason that Slack lets people type, and that a card still shows whole. */
const longestReason = 2_000;

/** The modal that asks why: a rejection without a reason helps nobody. */
export function rejectView(context: RejectContext, words: string): SlackView {
  return {
    type: 'modal',
    callback_id: rejectModal.callbackId,
    private_metadata: formatRejectContext(context),
    title: plainText('Reject', 24),
    submit: plainText('Reject', 24),
    close: plainText('Back', 24),
    blocks: [
      {
        type: 'input',
        block_id: rejectModal.block,
        label: plainText(`Why may ${words} not run?`, 2_000),
        hint: plainText('Whoever started the run reads it, and the journal keeps it.', 2_000),
        element: {
          type: 'plain_text_input',
          action_id: rejectModal.input,
          multiline: true,
          max_length: longestReason,
        },
      },
    ],
  };
}

/** A reason as it is recorded, or what is wrong with it, for the person who typed it. */
export type TypedReason =
  | { readonly kind: 'reason'; readonly reason: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** Judged here, whatever the modal allowed: a forged one allows anything. */
export function readReason(typed: string): TypedReason {
  const reason = typed.replaceAll(/\r\n?/g, '\n').trim();
  if (reason === '') {
    return { kind: 'problem', problem: 'Say why: a few words will do.' };
  }
  if (reason.length > longestReason) {
    const length = `${reason.length} characters`;
    return { kind: 'problem', problem: `At most ${longestReason} characters, not ${length}.` };
  }
  // Half a surrogate pair is no text: the journal could not say it.
  return /(?![\t\n])[\p{Cc}\p{Cs}]/u.test(reason)
    ? { kind: 'problem', problem: 'This holds control characters: type it anew.' }
    : { kind: 'reason', reason };
}
