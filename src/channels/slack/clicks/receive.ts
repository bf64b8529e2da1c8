import { readReason } from '../../cards/typed-reason.ts';
import type { Front } from '../../channel.ts';
import { actionIds, linkAction, linkModal, rejectModal } from '../button-ids.ts';
import { clickEvent, takeClick, takeRejection, viewEvent } from './clicks.ts';
import { type Inbox, tellFailure, type ViewReply, viewErrors } from './inbox.ts';
import { linkView, takeCode } from './link-modal.ts';
import { type Click, type Payload, type Sender, type Submission, senderName } from './payload.ts';

/** A payload that came by a way that proves it is Slack's, with what is kept of it as evidence. */
export interface Delivery<Kind = Payload> {
  readonly payload: Kind;
  readonly raw: Buffer;
}

/** What to answer Slack within three seconds, and what to do once that is sent. */
export interface Receipt {
  readonly reply: ViewReply | null;
  /** Never rejects: what goes wrong is told. */
  readonly act: () => Promise<void>;
}

/**
 * Takes what came in, each thing once however often it comes. Slack is answered before anything is
 * decided: a process that dies in between has lost a click, and the card that stays as it was says so.
 */
export async function receive(
  inbox: Inbox,
  front: Front,
  { payload, raw }: Delivery,
): Promise<Receipt> {
  switch (payload.kind) {
    case 'ignored':
      return ignore(inbox, payload.reason, null);
    case 'click':
      return takeButton(inbox, front, { payload, raw });
    case 'shortcut':
      return payload.callback === linkModal.callbackId
        ? openLink(inbox, front, payload)
        : ignore(inbox, 'another shortcut', payload.sender);
    case 'submission':
      return takeModal(inbox, front, { payload, raw });
  }
}

function takeButton(inbox: Inbox, front: Front, { payload, raw }: Delivery<Click>): Receipt {
  const { sender, action } = payload;
  switch (action) {
    case actionIds.approve:
    case actionIds.reject:
      return once(inbox, front, {
        key: clickEvent(payload),
        sender,
        work: () => takeClick(inbox, front, { click: payload, raw }),
      });
    case linkAction:
      return openLink(inbox, front, payload);
    case actionIds.open:
      // A link: the browser opens it, and Slack tells us all the same.
      return nothing;
    default:
      return ignore(inbox, 'another button', sender);
  }
}

async function takeModal(
  inbox: Inbox,
  front: Front,
  { payload, raw }: Delivery<Submission>,
): Promise<Receipt> {
  const { sender, callback, inputs } = payload;
  if (callback === linkModal.callbackId) {
    return { reply: await answerCode(inbox, front, payload), act: nothing.act };
  }
  if (callback !== rejectModal.callbackId) {
    return ignore(inbox, 'another modal', sender);
  }
  const typed = readReason(inputs[rejectModal.block] ?? '');
  if (typed.kind === 'problem') {
    return { reply: viewErrors(rejectModal.block, typed.problem), act: nothing.act };
  }
  return once(inbox, front, {
    key: viewEvent(payload),
    sender,
    work: () => takeRejection(inbox, front, { submission: payload, reason: typed.reason, raw }),
  });
}

async function answerCode(inbox: Inbox, front: Front, payload: Submission): Promise<ViewReply> {
  try {
    return await takeCode(inbox, front, payload);
  } catch (error) {
    tellFailure(inbox, senderName(payload.sender), error);
    return viewErrors(linkModal.block, 'This did not work: try again in a moment.');
  }
}

function openLink(
  inbox: Inbox,
  front: Front,
  { sender, trigger }: { readonly sender: Sender; readonly trigger: string },
): Receipt {
  const work = () => inbox.api.openView(trigger, linkView);
  return once(inbox, front, { key: `trigger:${trigger}`, sender, work });
}

function once(
  inbox: Inbox,
  { clock }: Front,
  of: { readonly key: string; readonly sender: Sender; readonly work: () => Promise<void> },
): Receipt {
  if (!inbox.seen.remember(of.key, clock.now().wallMs)) {
    return ignore(inbox, 'the same again', of.sender);
  }
  return {
    reply: null,
    act: async () => {
      const work = of
        .work()
        .catch((error: unknown) => tellFailure(inbox, senderName(of.sender), error));
      inbox.working.add(work);
      await work;
      inbox.working.delete(work);
    },
  };
}

const nothing: Receipt = { reply: null, act: () => Promise.resolve() };

function ignore(inbox: Inbox, message: string, sender: Sender | null): Receipt {
  const from = sender === null ? null : senderName(sender);
  inbox.tell({ kind: 'ignored', code: 'ignored', message, sender: from });
  return nothing;
}
