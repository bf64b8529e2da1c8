import { UsageError } from '../base/errors.ts';
import type { Service } from '../engine/service.ts';

/** What belongs to the machine where the journal lies, or to the pages of its server. */
export const atTheJournal = {
  reportControls: () => notOnServer('the report is made'),
  erase: () => notOnServer('content is erased'),
  prune: () => notOnServer('the journal is pruned'),
  exportEvidence: () => notOnServer('evidence is exported'),
  syncSinks: () => notOnServer('the copies are brought up to date'),
  rebuild: () => notOnServer('the indexes are made again'),
  initialise: () => notOnServer('a journal is made'),
  waysToDecide: () => notOnServer('a page is made'),
  prepareDecision: () => notOnServer('a page is made'),
  decideByLogin: () => notOnServer('a login is checked'),
  passkeys: () => notOnServer('passkeys are looked after'),
  invitePasskey: () => notOnServer('people are invited'),
  removePasskey: () => notOnServer('passkeys are looked after'),
  keys: () => notOnServer("the journal's keys are looked after"),
  prepareKeyChange: () => notOnServer("the journal's keys are changed"),
  abandonKeyChange: () => notOnServer("the journal's keys are changed"),
  recordKeyChange: () => notOnServer("the journal's keys are changed"),
} satisfies Partial<Service>;

async function notOnServer(what: string): Promise<never> {
  throw new UsageError({
    code: 'not_on_server',
    message: `${what} on the machine where the journal lies, not through its server`,
    hint: 'call it there; `--local` means the journal of this machine',
  });
}
