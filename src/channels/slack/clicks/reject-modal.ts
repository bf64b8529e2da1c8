import { longestReason } from '../../cards/typed-reason.ts';
import type { SlackView } from '../api/slack-api.ts';
import { formatRejectContext, type RejectContext, rejectModal } from '../button-ids.ts';
import { plainText } from '../card/escape.ts';

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
