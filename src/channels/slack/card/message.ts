import type { Card } from '../../../approval/card/card.ts';
import { requestUrl } from '../../../approval/request-url.ts';
import { beginning } from '../../cards/beginning.ts';
import type { Look, Shown } from '../../cards/board.ts';
import { type Draft, draftCard } from '../../cards/draft.ts';
import type { Headline } from '../../cards/headline.ts';
import { takesDecisions } from '../../cards/state-at.ts';
import { isClickable } from '../../cards/still-card.ts';
import type { StandingRequest } from '../../channel.ts';
import type { SlackBlock, SlackMessage } from '../api/slack-api.ts';
import { actionIds, buttonValue } from '../button-ids.ts';
import {
  type Button,
  bullets,
  buttonRow,
  code,
  context,
  divider,
  header,
  inlines,
  line,
  type RichPart,
  richText,
  strong,
  words,
} from './blocks.ts';
import { fitsMessage, limits, weigh } from './limits.ts';
import { shortCard, wholeCard } from './message-card.ts';

/** What a message says: no channel, no thread yet. */
export type MessageBody = Pick<SlackMessage, 'text' | 'blocks'>;

export interface RequestMessage extends MessageBody {
  readonly fits: boolean;
  readonly offers: Shown<MessageBody>['offers'];
}

/**
 * A request as Slack shows it: how it stands, the card in its own order and words, how to decide. Within
 * Slack's limits whatever the card holds; what does not fit whole is shortened, says so, and cannot be
 * approved there.
 */
export function messageOf(standing: StandingRequest, look: Look): RequestMessage {
  const draft = draftCard(standing, look);
  const { blocks, fits } = layOut(draft);
  return { text: draft.title.summary, blocks, fits, offers: offersOf(draft, fits) };
}

function layOut(draft: Draft): { readonly blocks: readonly SlackBlock[]; readonly fits: boolean } {
  const top = [
    header(draft.title.title),
    richText([...headlineParts(draft.headline), titleLine(draft.card)]),
  ];
  const foot = [divider, ...footOf(draft)];
  const card = wholeCard(draft.card);
  const whole = [...top, ...card.blocks, ...foot, ...buttonsOf(draft, true)];
  if (card.whole && !draft.look.short && fitsMessage(whole)) {
    return { blocks: whole, fits: true };
  }
  const before = [...top, richText([line(strong(tooLong))])];
  const after = [...foot, ...buttonsOf(draft, false)];
  const room = limits.sum - weigh([...before, ...after]);
  return { blocks: [...before, ...shortCard(draft.card, room).blocks, ...after], fits: false };
}

function headlineParts({ lines, decisions }: Headline): readonly RichPart[] {
  const all = decisions.map((decision) => inlines(decision, null));
  return [
    ...lines.map((pieces) => line(...inlines(pieces, null))),
    ...(all.length > 0 ? [bullets(all)] : []),
  ];
}

const tooLong =
  'Too long for Slack: what follows is shortened. It cannot be approved here; read it whole before you decide.';

/** The action in one line. It stands whole below, so that its beginning is enough here. */
function titleLine({ title }: Card): RichPart {
  return line(code(beginning(title, 160)));
}

/** How else to decide, and what the request is called everywhere. */
function footOf({ title, state }: Draft): readonly SlackBlock[] {
  const names = context(title.names);
  const paste = line(words('In your own session: '), code(title.paste));
  return takesDecisions(state) ? [richText([paste]), names] : [names];
}

/** Approve, where the whole command is shown and a click can count; Reject where a click can count. */
function offersOf(draft: Draft, fits: boolean): Shown<MessageBody>['offers'] {
  if (!isClickable(draft.standing, draft)) {
    return [];
  }
  return fits ? ['approve', 'reject'] : ['reject'];
}

/** What is offered, and the way to the page. */
function buttonsOf(draft: Draft, fits: boolean): readonly SlackBlock[] {
  const { standing, look, card } = draft;
  const { content } = standing;
  const value = buttonValue(standing.hash);
  const text = `In ${content.target.environment}: ${card.title}`;
  const decisions: Readonly<Record<'approve' | 'reject', Button>> = {
    approve: {
      label: 'Approve',
      action: actionIds.approve,
      value,
      style: 'primary',
      confirm: { title: 'Approve exactly this?', text, yes: 'Approve' },
    },
    reject: { label: 'Reject', action: actionIds.reject, value, style: 'danger' },
  };
  const buttons = [
    ...offersOf(draft, fits).map((decision) => decisions[decision]),
    ...(look.url === null ? [] : [pageButton(requestUrl(look.url, content.id))]),
  ];
  return buttons.length === 0 ? [] : [buttonRow(buttons)];
}

function pageButton(url: string): Button {
  return { label: 'Read it whole', action: actionIds.open, url };
}
