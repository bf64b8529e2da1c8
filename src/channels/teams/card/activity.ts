import type { JsonObject } from '../../../base/json.ts';
import type { Piece } from '../../cards/piece.ts';
import { plainWords } from '../../cards/plain-words.ts';
import { adaptiveCard, line, piecesOf } from './adaptive.ts';
import type { TeamsMessage } from './request-card.ts';

/** A message that is a card. */
export function cardActivity({ summary, card }: TeamsMessage): JsonObject {
  return {
    type: 'message',
    summary,
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
  };
}

/** One answer in a card's thread. Whoever is called is named first: their account, where it is of these tenants. */
export function replyActivity(pieces: readonly Piece[], tenants: readonly string[]): JsonObject {
  const called = pieces.flatMap((piece) => {
    const object = piece.kind === 'mention' ? objectOf(piece.identities, tenants) : null;
    return object === null ? [] : [{ piece, object }];
  });
  const left = pieces.filter((piece) => called.every((one) => one.piece !== piece));
  const mentions = called.map(({ piece, object }) => mentionOf(nameOf(piece), object));
  const text = pieces.map((piece) => (piece.kind === 'words' ? piece.text : '')).join('');
  const summary = plainWords(text.trim(), 300);
  const calls: JsonObject = {
    type: 'TextBlock',
    wrap: true,
    text: mentions.map((mention) => mention.text).join(' '),
  };
  const body = [...(mentions.length === 0 ? [] : [calls]), line(piecesOf(left))];
  return cardActivity({ summary, card: adaptiveCard({ summary, body, entities: mentions }) });
}

/** By the object id: `msteams.entities` takes it (learn.microsoft.com, "User mention in Adaptive Cards"). */
function mentionOf(name: string, id: string): JsonObject & { readonly text: string } {
  return { type: 'mention', text: `<at>${name}</at>`, mentioned: { id, name } };
}

/** A TextBlock reads Markdown: only what means nothing there stays. */
function nameOf(piece: Piece): string {
  const name = piece.kind === 'mention' ? piece.name : '';
  return name.replace(/[^\p{L}\p{N} .-]/gu, '·');
}

function objectOf(identities: readonly string[], tenants: readonly string[]): string | null {
  const here = identities.find((it) => tenants.some((tenant) => it.startsWith(`teams:${tenant}/`)));
  return here?.split('/')[1] ?? null;
}
