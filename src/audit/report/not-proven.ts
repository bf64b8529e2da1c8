import type { Matter } from '../controls.ts';

/** What the journal cannot show, said as plainly as what it can. */
export const notProven: Readonly<Record<Matter, readonly string[]>> = {
  approval: [
    'That nothing was done elsewhere: whoever may reach a system without this program leaves no entry here.',
    'That reviewers understood what they approved. What they were shown is recorded; what they thought is not.',
    'Which files a script reads, and what names mean on other hosts, unless a request says that it binds them.',
    'Refused attempts that never became an entry: a decision that did not count, a start that was not allowed.',
  ],
  separation: [
    'That two names are two people: the journal believes people.yaml, and whoever may write that file.',
    'That approvers decide independently of each other and of whoever asks.',
  ],
  identity: [
    'That a key was in its owner’s hands. A key that proves touch or PIN says so; any other says only that it was used.',
    'Of decisions at A0 and A1, more than the word of the account that received them.',
    'How people came to be in people.yaml, and whether they should still be.',
  ],
  records: [
    'That a command did what its text says: the journal has its digest, its output and its exit code.',
    'The time, beyond what outside witnesses and timestamps confirm: between them stand this machine’s clocks.',
  ],
  protection: [
    'Entries after the newest head that somebody outside holds: a thief of machine and key could have written them anew.',
    'That copies are kept for as long as they must be, unless the storage itself refuses to delete them.',
    'That the cryptographic module is validated: the algorithms are Ed25519 and SHA-256, from OpenSSL as Node has it.',
  ],
  failure: [
    'That somebody saw a warning, or acted on it.',
    'Outages of whatever is not configured as a copy of this journal.',
  ],
  review: [
    'That anybody reviews the record regularly: exports are entries, reading is none.',
    'What erased content was. That it was there, who erased it and why, is recorded.',
    'That retention meets a law or a contract: the journal shows what was kept and what was removed.',
  ],
};
