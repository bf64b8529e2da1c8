import { requestUrl } from '../../../approval/request-url.ts';
import type { JsonObject } from '../../../base/json.ts';
import { beginning } from '../../cards/beginning.ts';
import type { Look, Shown } from '../../cards/board.ts';
import { type Draft, draftCard } from '../../cards/draft.ts';
import { takesDecisions } from '../../cards/state-at.ts';
import { isClickable } from '../../cards/still-card.ts';
import type { StandingRequest } from '../../channel.ts';
import { decisionActions, pageAction } from './actions.ts';
import { adaptiveCard, code, line, piecesOf, small, strong, words } from './adaptive.ts';
import { mostBytes, weigh } from './limits.ts';
import { shortCard, wholeCard } from './sections.ts';

/** A card, and what notifications and screen readers are given. */
export interface TeamsMessage {
  readonly summary: string;
  readonly card: JsonObject;
}

/**
 * A request as Teams shows it: how it stands, the card in its own order and words, how to decide. At most
 * 20 KB whatever the request holds; what does not fit whole is shortened, says so, and cannot be approved
 * there.
 */
export function requestCard(standing: StandingRequest, look: Look): Shown<TeamsMessage> {
  const draft = draftCard(standing, look);
  const whole = build(draft, ['approve', 'reject'], wholeCard(draft.card));
  if (!look.short && weigh(whole.message.card) <= mostBytes) {
    return { ...whole, fits: true };
  }
  const warning = line(strong(tooLong));
  const frame = build(draft, ['reject'], [warning]);
  const room = mostBytes - weigh(frame.message.card);
  const short = build(draft, ['reject'], [warning, ...shortCard(draft.card, room)]);
  return { ...short, fits: false };
}

const tooLong =
  'Too long for Teams: what follows is shortened. It cannot be approved here; read it whole before you decide.';

function build(
  draft: Draft,
  possible: Shown<TeamsMessage>['offers'],
  middle: readonly JsonObject[],
): Omit<Shown<TeamsMessage>, 'fits'> {
  const { standing, look, title, headline, card } = draft;
  const offers = isClickable(standing, draft) ? possible : [];
  const body = [
    line(strong(title.title, 'Large')),
    ...headline.lines.map((pieces) => line(piecesOf(pieces))),
    ...headline.decisions.map((pieces) => line([...words('• '), ...piecesOf(pieces)], true)),
    // The action in one line. It stands whole below, so that its beginning is enough here.
    line(code(beginning(card.title, 160))),
    ...middle,
    ...footOf(draft),
  ];
  const actions = [
    ...decisionActions(offers, standing),
    ...(look.url === null ? [] : [pageAction(requestUrl(look.url, standing.content.id))]),
  ];
  const { summary } = title;
  return { message: { summary, card: adaptiveCard({ summary, body, actions }) }, offers };
}

/** How else to decide, and what the request is called everywhere. */
function footOf({ title, state }: Draft): readonly JsonObject[] {
  const paste = line([...words('In your own session: '), ...code(title.paste)]);
  const names = line(small(title.names));
  return takesDecisions(state) ? [paste, names] : [names];
}
