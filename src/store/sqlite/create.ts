import { existsSync } from 'node:fs';
import { InternalError, JournalError } from '../../base/errors.ts';
import { newLogId } from '../../base/ids.ts';
import { keyId } from '../../journal/verifier-key.ts';
import type { Genesis } from '../../run/events.ts';
import type { StoreOptions } from '../store.ts';
import { append } from './append.ts';
import type { Connection } from './connection.ts';
import { type Journal, write } from './journal.ts';
import { createSigner } from './keys.ts';
import { emptyTree, loadTree } from './tree.ts';

/**
 * A journal comes to be in two transactions: its name, then key and genesis. So a key without a name is
 * the key of a journal that was lost, while a name without genesis is a creation that a crash cut short.
 * Throws JournalError `journal_missing` for the former: a new journal must not take the old one's place.
 */
export function nameLog(db: Connection, keyFile: string): void {
  if (existsSync(keyFile)) {
    throw new JournalError({
      code: 'journal_missing',
      message: `\`${keyFile}\` is there, but the journal that it signed is not`,
      hint: 'restore `journal.sqlite` from a copy, with `journal.sqlite-wal` where one lay beside it; to start anew, move the whole folder away first',
    });
  }
  db.prepare('insert into log (id, origin) values (1, ?)').run(`runbook/${newLogId()}`);
}

export function loadOrigin(db: Connection): string {
  const row = db.prepare<{ origin: string }>('select origin from log where id = 1').get();
  if (row === undefined) {
    throw new InternalError({ code: 'origin_missing', message: 'the journal has no origin' });
  }
  return row.origin;
}

/** Makes the key and commits genesis, once: whoever comes second finds it done. */
export function createGenesis(journal: Journal, facts: StoreOptions['genesis']): void {
  if (loadTree(journal.db).size > 0) {
    return;
  }
  write(journal, () => {
    if (loadTree(journal.db).size === 0) {
      const moment = journal.clock.now();
      const data = composeGenesis(journal, facts);
      const events = [{ type: 'log.genesis', data }] as const;
      append(journal, emptyTree, { run: null, commandId: 'genesis', events, moment });
    }
  });
}

function composeGenesis(journal: Journal, facts: StoreOptions['genesis']): Genesis {
  const { origin } = journal;
  const { name, publicKey } = createSigner(journal);
  const key = {
    name,
    id: keyId(name, publicKey).toString('hex'),
    public: publicKey.toString('base64'),
  };
  return { format: 'runbook.journal/v1', origin, key, ...facts };
}
