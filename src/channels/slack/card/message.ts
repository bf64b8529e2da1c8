import { type Card, layoutCard } from '../../../approval/card/card.ts';
import type { CardSection } from '../../../approval/card/card-section.ts';
import { approveLine } from '../../../approval/card/card-text.ts';
import type { RequestState } from '../../../approval/request-state.ts';
import { requestUrl } from '../../../approval/request-url.ts';
import type { StandingRequest } from '../../channel.ts';
import type { SlackBlock } from '../api/slack-api.ts';
import { actionIds, buttonValue } from '../button-ids.ts';
import type { SlackSettings } from '../settings.ts';
import {
  type Button,
  buttonRow,
  code,
  context,
  divider,
  header,
  line,
  type RichPart,
  richText,
  strong,
  words,
} from './blocks.ts';
import { beginning, plainWords } from './escape.ts';
import { fitsMessage, limits, weigh } from './limits.ts';
import { shortCard, wholeCard } from './message-card.ts';
import { type Headline, headlineOf, stateAt, takesDecisions } from './message-state.ts';

/** What a message depends on beside its request. */
export interface Look {
  readonly nowMs: number;
  /** Where people read a request whole; null where nothing serves it. */
  readonly url: string | null;
  /** A click reaches somebody. */
  readonly receives: boolean;
  readonly buttons: SlackSettings['buttons'];
  /** Words of the request that took this one's place; null where there is none, or it is not known. */
  readonly replacedBy: string | null;
  /** Slack refused the whole card as too long: its count is its own. */
  readonly short: boolean;
}

export interface RequestMessage {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  /** The whole card is shown. Without that there is no Approve. */
  readonly fits: boolean;
}

/**
 * A request as Slack shows it: how it stands, the card in its own order and words, how to decide. Within
 * Slack's limits whatever the card holds; what does not fit whole is shortened, says so, and cannot be
 * approved there.
 */
export function messageOf(standing: StandingRequest, look: Look): RequestMessage {
  const state = stateAt(standing, look.nowMs);
  const headline = headlineOf({ standing, state, replacedBy: look.replacedBy });
  const alarm = standing.content.break_glass === null ? '' : 'BREAK-GLASS, ';
  const title = `${alarm}${headline.title}: ${placeOf(standing)}`;
  const names = `${namesBehind(standing)}, ${plainWords(standing.words, 80)}`;
  const draft = { standing, look, state, card: layOut(standing), title, headline };
  return { text: title + names, ...bodyOf(draft) };
}

interface Draft {
  readonly standing: StandingRequest;
  readonly look: Look;
  readonly state: RequestState;
  readonly card: Card;
  readonly title: string;
  readonly headline: Headline;
}

function bodyOf(draft: Draft): Pick<RequestMessage, 'blocks' | 'fits'> {
  const top = [header(draft.title), richText([...draft.headline.parts, titleLine(draft.card)])];
  const foot = [divider, ...footOf(draft)];
  const card = wholeCard(draft.card);
  const whole = [...top, ...card.blocks, ...foot, ...buttonsOf(draft, { fits: true })];
  if (card.whole && !draft.look.short && fitsMessage(whole)) {
    return { blocks: whole, fits: true };
  }
  const before = [...top, richText([line(strong(tooLong))])];
  const after = [...foot, ...buttonsOf(draft, { fits: false })];
  const room = limits.sum - weigh([...before, ...after]);
  return { blocks: [...before, ...shortCard(draft.card, room).blocks, ...after], fits: false };
}

const tooLong =
  'Too long for Slack: what follows is shortened. It cannot be approved here; read it whole before you decide.';

/** As the card has it, but without the time that is left: a message does not tick. */
function layOut(standing: StandingRequest): Card {
  const { created, pending_until } = standing.content.limits;
  const card = layoutCard({ ...standing, nowMs: Date.parse(created) });
  return { ...card, sections: card.sections.map((section) => stopClock(section, pending_until)) };
}

function stopClock(section: CardSection, until: string): CardSection {
  return section.kind === 'fields' && section.heading === 'Limits'
    ? {
        ...section,
        fields: section.fields.map((field) =>
          field.label === 'decide by' ? { ...field, value: until } : field,
        ),
      }
    : section;
}

/** The action in one line. It stands whole below, so that its beginning is enough here. */
function titleLine({ title }: Card): RichPart {
  return line(code(beginning(title, 160)));
}

function placeOf({ content, command }: StandingRequest): string {
  const { runbook, commands } = content;
  const steps = plainWords(commands.map(({ step }) => step).join(', '), 60);
  const what = `${commands.length > 1 ? 'steps' : 'step'} ${steps}`;
  return `${plainWords(runbook.name, 60)}, ${what} in ${plainWords(command.environment, 60)}`;
}

function namesBehind({ content }: StandingRequest): string {
  const people = content.initiator.chain.flatMap(({ person }) => (person === null ? [] : [person]));
  const names = [...new Set(people)].slice(0, 3).map((name) => plainWords(name, 60));
  return names.length === 0 ? '' : `, asked for by ${names.join(', ')}`;
}

/** How else to decide, and what the request is called everywhere. */
function footOf({ standing, state }: Draft): readonly SlackBlock[] {
  const { content } = standing;
  const digests = content.commands.map(({ digest }) => digest.slice(0, 12)).join(', ');
  const names = context(
    `${plainWords(standing.words, 80)} · sha256 ${digests} · run ${content.run}`,
  );
  if (!takesDecisions(state)) {
    return [names];
  }
  const paste = line(
    words('In your own session: '),
    code(approveLine(plainWords(standing.words, 80))),
  );
  return [richText([paste]), names];
}

/** Approve, where the whole command is shown and a click can count; Reject; the way to the page. */
function buttonsOf(draft: Draft, { fits }: { fits: boolean }): readonly SlackBlock[] {
  const { standing, look, state, card } = draft;
  const { content } = standing;
  const value = buttonValue(standing.hash);
  const text = `In ${content.target.environment}: ${card.title}`;
  const approve: Button = {
    label: 'Approve',
    action: actionIds.approve,
    value,
    style: 'primary',
    confirm: { title: 'Approve exactly this?', text, yes: 'Approve' },
  };
  const reject: Button = { label: 'Reject', action: actionIds.reject, value, style: 'danger' };
  const clickable = takesDecisions(state) && look.receives && allows(standing, look.buttons);
  const buttons = [
    ...(clickable && fits ? [approve] : []),
    ...(clickable ? [reject] : []),
    ...(look.url === null ? [] : [pageButton(requestUrl(look.url, content.id))]),
  ];
  return buttons.length === 0 ? [] : [buttonRow(buttons)];
}

function pageButton(url: string): Button {
  return { label: 'Read it whole', action: actionIds.open, url };
}

/** Only where configuration wants buttons, and where a receiver's word can stand for somebody missing. */
function allows({ content, missing }: StandingRequest, buttons: SlackSettings['buttons']): boolean {
  const wanted =
    buttons === 'everywhere' || (buttons === 'unprotected' && !content.target.protected);
  const attestable = content.policy.slots.filter(
    ({ assurance, presence }) => !presence && (assurance === 'A0' || assurance === 'A1'),
  );
  return wanted && attestable.some(({ id }) => missing.some(({ slot }) => slot === id));
}
