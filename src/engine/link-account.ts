import {
  answerLink,
  formatLink,
  linkKey,
  newLink,
  parseLink,
} from '../approval/people/account-link.ts';
import { chainPeople, resolveInitiator } from '../approval/people/initiator.ts';
import { formatTime } from '../base/clock.ts';
import { DeniedError } from '../base/errors.ts';
import type { Engine } from './engine.ts';
import type { BegunLink, LinkChannel, LinkedAccount } from './login-reports.ts';

/**
 * Begins to link a chat account to the person who calls. Throws DeniedError `not_a_person` where the
 * caller is an agent or a job, or nobody in `people.yaml`.
 */
export async function beginLink(engine: Engine, channel: LinkChannel): Promise<BegunLink> {
  const link = newLink(callingPerson(engine), nowMs(engine));
  await engine.store.putNote(channel, linkKey(link.person), formatLink(link));
  return { person: link.person, code: link.code, expires_at: formatTime(link.expires_ms) };
}

/**
 * The account that typed the first code, to somebody who knows the second. Once: the link is gone
 * afterwards. Nothing is recorded here; the account is theirs once `people.yaml` says so. Throws
 * DeniedError `link_refused`, `not_a_person`.
 */
export async function finishLink(
  engine: Engine,
  channel: LinkChannel,
  answer: string,
): Promise<LinkedAccount> {
  const person = callingPerson(engine);
  const note = await engine.store.getNote(channel, linkKey(person));
  const step = answerLink(note === null ? null : parseLink(note), answer, nowMs(engine));
  if (step.kind === 'refused') {
    throw refusal(step.message);
  }
  // Counted, or used up, before anything is answered: a crash here costs a try, and gives none.
  const left = step.kind === 'wrong' ? step.link : null;
  await engine.store.putNote(channel, linkKey(person), left === null ? null : formatLink(left));
  if (step.kind === 'wrong') {
    throw refusal(`this is not the code that the chat shows; ${step.left} tries left`);
  }
  return { person, ...step.account };
}

/** Only a human, at their own login or with a token of their own, may say whose a chat account is: never an agent or a job for them. */
function callingPerson(engine: Engine): string {
  const initiator = resolveInitiator(engine.trusted().people.value, engine.caller);
  const [person, ...others] = chainPeople(initiator);
  if (initiator.kind !== 'person' || person === undefined || others.length > 0) {
    throw new DeniedError({
      code: 'not_a_person',
      message: `\`${initiator.chain[0]?.identity ?? 'this caller'}\` is not one person's own login`,
      hint:
        'holder' in engine.caller
          ? 'link your account with a token of your own, outside of any agent or job'
          : 'link your account from your own login, which `people.yaml` must know (`runbook people add NAME --os-user USER@HOST`)',
    });
  }
  return person;
}

function refusal(message: string): DeniedError {
  return new DeniedError({
    code: 'link_refused',
    message,
    hint: 'begin again with `runbook people link slack`',
  });
}

function nowMs({ clock }: Engine): number {
  return clock.now().wallMs;
}
