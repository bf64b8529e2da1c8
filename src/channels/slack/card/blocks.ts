import type { Piece } from '../../cards/piece.ts';
import type { SlackBlock, SlackSelf } from '../api/slack-api.ts';
import { fitsPlain, type PlainText, plainText } from './escape.ts';
import { limits } from './limits.ts';

/**
 * Block Kit (docs.slack.dev) as far as our messages need it. Data goes into `plain_text`, escaped, and
 * into the text elements of rich text, which Slack does not parse; never into mrkdwn. So it can make no
 * mention, no link and no emoji.
 */

/** A piece of a line of rich text. */
export type Inline =
  | { readonly type: 'text'; readonly text: string; readonly style?: TextStyle }
  | { readonly type: 'user'; readonly user_id: string }
  | {
      readonly type: 'date';
      readonly timestamp: number;
      readonly format: string;
      readonly fallback: string;
    };

interface TextStyle {
  readonly bold?: true;
  readonly code?: true;
}

/** A part of a rich text block: a line, bullets, or lines as they are. */
export type RichPart =
  | { readonly type: 'rich_text_section' | 'rich_text_preformatted'; readonly elements: Inline[] }
  | {
      readonly type: 'rich_text_list';
      readonly style: 'bullet';
      readonly elements: { readonly type: 'rich_text_section'; readonly elements: Inline[] }[];
    };

export function words(text: string): Inline {
  return { type: 'text', text };
}

export function strong(text: string): Inline {
  return { type: 'text', text, style: { bold: true } };
}

/** Data within a line: set apart, so that it cannot pass for our own words. */
export function code(text: string): Inline {
  return text === '' ? words('(empty)') : { type: 'text', text, style: { code: true } };
}

/**
 * A line as rich text. Whoever did something in Slack is named by their account: its name and picture are
 * Slack's affair. Who is called needs `self`, for an account is one of this workspace; null calls nobody.
 */
export function inlines(
  pieces: readonly Piece[],
  self: Pick<SlackSelf, 'team' | 'enterprise'> | null,
): Inline[] {
  return pieces.flatMap((piece) => {
    switch (piece.kind) {
      case 'words':
        return [words(piece.text)];
      case 'data':
        return [code(piece.text)];
      case 'moment':
        return [moment(piece.time)];
      case 'person': {
        const user = userIn(piece.identity ?? '', /^slack:[A-Z0-9]+\/([UW][A-Z0-9]+)$/);
        return user === null ? [code(piece.name)] : [user, words(` (${piece.name})`)];
      }
      case 'mention':
        return [userOf(piece.identities, self) ?? code(piece.name)];
    }
  });
}

function userOf(
  identities: readonly string[],
  self: Pick<SlackSelf, 'team' | 'enterprise'> | null,
): Inline | null {
  const places = self === null ? [] : [self.team, self.enterprise].filter((it) => it !== null);
  const here = identities.find((it) => places.some((place) => it.startsWith(`slack:${place}/`)));
  return here === undefined ? null : userIn(here, /\/(.+)$/);
}

function userIn(identity: string, form: RegExp): Inline | null {
  const [, user] = form.exec(identity) ?? [];
  return user === undefined ? null : { type: 'user', user_id: user };
}

/** A moment, shown in each reader's own time zone. */
function moment(time: string): Inline {
  return {
    type: 'date',
    timestamp: Math.floor(Date.parse(time) / 1000),
    format: '{date_short_pretty} {time_secs}',
    fallback: time,
  };
}

export function line(...elements: Inline[]): RichPart {
  return { type: 'rich_text_section', elements };
}

export function bullets(items: readonly (readonly Inline[])[]): RichPart {
  return {
    type: 'rich_text_list',
    style: 'bullet',
    elements: items.map((item) => ({ type: 'rich_text_section', elements: [...item] })),
  };
}

export function preformatted(text: string): RichPart {
  return { type: 'rich_text_preformatted', elements: [words(text)] };
}

export function richText(elements: readonly RichPart[]): SlackBlock {
  return { type: 'rich_text', elements };
}

export function header(text: string): SlackBlock {
  return { type: 'header', text: plainText(text, limits.header) };
}

/** Cells in two columns. */
export function fieldGrid(cells: readonly string[]): SlackBlock {
  return { type: 'section', fields: cells.map((cell) => plainText(cell, limits.field)) };
}

/** Small print. */
export function context(text: string): SlackBlock {
  return { type: 'context', elements: [plainText(text, limits.field)] };
}

export const divider: SlackBlock = { type: 'divider' };

/** True where one text of a message shows all of it. */
export function fitsText(text: string): boolean {
  return fitsPlain(text, limits.text);
}

export interface Button {
  readonly label: string;
  readonly action: string;
  readonly value?: string;
  readonly url?: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}

export function buttonRow(buttons: readonly Button[]): SlackBlock {
  return { type: 'actions', elements: buttons.map(buttonElement) };
}

function buttonElement({ label, action, value, url, style, confirm }: Button): object {
  return {
    type: 'button',
    text: plainText(label, 75),
    action_id: action,
    ...(value === undefined ? {} : { value }),
    ...(url === undefined ? {} : { url }),
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined ? {} : { confirm: confirmDialog(confirm) }),
  };
}

function confirmDialog({ title, text, yes }: NonNullable<Button['confirm']>): {
  readonly [part: string]: PlainText;
} {
  return {
    title: plainText(title, limits.confirmTitle),
    text: plainText(text, limits.confirmText),
    confirm: plainText(yes, 30),
    deny: plainText('Not yet', 30),
  };
}
