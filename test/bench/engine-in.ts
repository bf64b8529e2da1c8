import { openActions } from '../../src/actions/open-actions.ts';
import { parsePeople } from '../../src/approval/people/people-schema.ts';
import { systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { Reception } from '../../src/channels/channel.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { parseConfig } from '../../src/policy/config.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import { storeOptions } from '../support/temp-store.ts';

const people = `people:
  - { name: ana, agents: [bot], slack: [T1/UANA] }
  - { name: robin, slack: [T1/UROBIN] }
`;

/** An engine over the journal in this folder, as a server has it. */
export function engineIn(dir: string, receptions: readonly Reception[]): Engine {
  const file = <Value>(written: string, parse: (text: string, file: string) => Value) => ({
    text: written,
    digest: sha256(written),
    value: parse(written, 'bench'),
  });
  return {
    store: openSqliteStore(storeOptions(dir)),
    actions: openActions({ clock: systemClock }),
    channels: [],
    receptions,
    sinks: [],
    attesting: new Set(['slack']),
    clock: systemClock,
    trusted: () => ({
      people: file(people, parsePeople),
      policy: file('floor: { pending: 2h, unused: 1h }', parsePolicy),
      config: file('', parseConfig),
    }),
    askList: () => ({ entries: [], error: 'there are no lists here' }),
    authorsOf: () => null,
    caller: { osUser: 'runbook@bench' },
    account: 'runbook@bench',
    host: 'bench',
    uid: process.geteuid?.() ?? 0,
    user: 'runbook',
    env: { PATH: process.env['PATH'] },
    program: 'bench',
    graceMs: 500,
  };
}

/** What a service has beside its engine: here nothing. */
export const nothingElse = {
  doctor: () => Promise.resolve([]),
  runbooks: () => Promise.resolve([]),
  openRunbook: () => Promise.reject(new Error('no runbooks here')),
};
