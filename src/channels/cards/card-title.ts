import { approveLine } from '../../approval/card/card-text.ts';
import type { StandingRequest } from '../channel.ts';
import type { Headline } from './headline.ts';
import { plainWords } from './plain-words.ts';

/** What stands around a card, all of it plain words: no chat finds markup there. */
export interface CardTitle {
  /** `Approval needed: restart-cluster, step restart in prod`. */
  readonly title: string;
  /** The title, who asks, and the request's words: for notifications and screen readers. */
  readonly summary: string;
  /** What to type to decide without the chat. */
  readonly paste: string;
  /** What the request is called everywhere. */
  readonly names: string;
}

export function titleCard(standing: StandingRequest, headline: Headline): CardTitle {
  const { content } = standing;
  const alarm = content.break_glass === null ? '' : 'BREAK-GLASS, ';
  const title = `${alarm}${headline.title}: ${placeOf(standing)}`;
  const words = plainWords(standing.words, 80);
  const digests = content.commands.map(({ digest }) => digest.slice(0, 12)).join(', ');
  return {
    title,
    summary: `${title}${namesBehind(standing)}, ${words}`,
    paste: approveLine(words),
    names: `${words} · sha256 ${digests} · run ${content.run}`,
  };
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
