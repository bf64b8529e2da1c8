import type { Card } from '../../approval/card/card.ts';
import type { RequestState } from '../../approval/request-state.ts';
import type { StandingRequest } from '../channel.ts';
import type { Look } from './board.ts';
import { type CardTitle, titleCard } from './card-title.ts';
import { type Headline, headlineOf } from './headline.ts';
import { stateAt } from './state-at.ts';
import { stillCard } from './still-card.ts';

/** All that a chat lays a card out from, before any markup. */
export interface Draft {
  readonly standing: StandingRequest;
  readonly look: Look;
  readonly state: RequestState;
  readonly card: Card;
  readonly title: CardTitle;
  readonly headline: Headline;
}

export function draftCard(standing: StandingRequest, look: Look): Draft {
  const state = stateAt(standing, look.nowMs);
  const headline = headlineOf({ standing, state, replacedBy: look.replacedBy });
  const title = titleCard(standing, headline);
  return { standing, look, state, card: stillCard({ ...standing, state }), title, headline };
}
