import {
  type AccountLink,
  claimLink,
  formatCode,
  formatLink,
  linkKey,
  linkPrefix,
  parseLink,
} from '../../../approval/people/account-link.ts';
import { personOf } from '../../../approval/people/identity.ts';
import type { Front } from '../../channel.ts';
import type { SlackView } from '../api/slack-api.ts';
import { linkModal } from '../button-ids.ts';
import { plainText } from '../card/escape.ts';
import { type Inbox, type ViewReply, viewErrors } from './inbox.ts';
import { type Submission, senderName } from './payload.ts';
import { askMember } from './who.ts';

/** Asks for the code that `runbook people link slack` printed. */
export const linkView: SlackView = {
  ...modal('Link my account'),
  submit: plainText('Next', 24),
  blocks: [
    words(
      'Only if you yourself have just run `runbook people link slack` in your own terminal. Whoever sent you a code wants your account to approve as somebody else: close this window and tell your security team.',
    ),
    {
      type: 'input',
      block_id: linkModal.block,
      label: plainText('The code in your terminal', 2_000),
      element: {
        type: 'plain_text_input',
        action_id: linkModal.input,
        min_length: 8,
        max_length: 20,
        placeholder: plainText('7F3K-9QXZ', 150),
      },
    },
  ],
};

/**
 * Checks the code and answers with the second one, which is worth something only in the terminal that
 * printed the first. In time for the modal: where Slack is slow to say who it is, the person tries again.
 */
export async function takeCode(
  inbox: Inbox,
  front: Front,
  { sender, inputs }: Submission,
): Promise<ViewReply> {
  const member = await askMember(inbox.api, sender, patienceMs);
  if (member.kind === 'refused') {
    return refuse(inbox, senderName(sender), member);
  }
  const [account] = member.accounts;
  const identity = `slack:${account}`;
  const nowMs = front.clock.now().wallMs;
  if (!mayTry(inbox, identity, nowMs)) {
    return refuse(inbox, identity, { code: 'tried_too_often', message: 'wait ten minutes' });
  }
  const owner = member.accounts.map((each) => personOf(front.people(), `slack:${each}`)?.name);
  const known = owner.find((name) => name !== undefined);
  if (known !== undefined) {
    const message = `your Slack account is linked to \`${known}\` already`;
    return refuse(inbox, identity, { code: 'linked_already', message });
  }
  const step = claimLink(await linksOf(front), inputs[linkModal.block] ?? '', {
    account: { identity, name: member.name },
    nowMs,
  });
  if (step.kind === 'refused') {
    return refuse(inbox, identity, { code: 'link_refused', message: step.message });
  }
  // Kept before it is shown: a code that nobody remembers would be refused in the terminal.
  await front.notes.put(linkKey(step.link.person), formatLink(step.link));
  const message = `typed the code of \`${step.link.person}\``;
  inbox.tell({ kind: 'linking', code: 'linking', message, sender: identity });
  return { response_action: 'update', view: answerView(step.link.person, step.claim.answer) };
}

/** Slack waits three seconds. */
const patienceMs = 2_000;

const mostTries = 5;

/** A code cannot be guessed; whoever tries is stopped all the same. */
function mayTry({ tries }: Inbox, identity: string, nowMs: number): boolean {
  return Array.from({ length: mostTries }, (_, turn) => `${identity}#${turn}`).some((key) =>
    tries.remember(key, nowMs),
  );
}

async function linksOf({ notes }: Front): Promise<readonly AccountLink[]> {
  const kept = (await notes.list()).filter(({ key }) => key.startsWith(linkPrefix));
  return kept.map(({ value }) => parseLink(value)).filter((link) => link !== null);
}

function answerView(person: string, answer: string): SlackView {
  return {
    ...modal('Almost done'),
    blocks: [
      words(
        `Type this code into the terminal where you began. Your account will then decide as ${person}.`,
      ),
      { type: 'header', text: plainText(formatCode(answer), 150) },
      words('Tell it to nobody. If you did not begin this, close this window: nothing is linked.'),
    ],
  };
}

function modal(title: string): Pick<SlackView, 'type'> & Readonly<Record<string, unknown>> {
  return {
    type: 'modal',
    callback_id: linkModal.callbackId,
    title: plainText(title, 24),
    close: plainText('Close', 24),
  };
}

function words(text: string): object {
  return { type: 'section', text: plainText(text, 3_000) };
}

function refuse(
  inbox: Inbox,
  sender: string,
  { code, message }: { readonly code: string; readonly message: string },
): ViewReply {
  inbox.tell({ kind: 'refused', code, message, sender });
  return viewErrors(linkModal.block, message);
}
