import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addLink,
  type Caller,
  resolveInitiator,
  resumerLinks,
} from '../../src/approval/people/initiator.ts';
import type { ChainLink } from '../../src/approval/people/people.ts';
import { viewsOf } from '../../src/approval/people/views.ts';
import { aPerson } from './builders.ts';

const people = {
  people: [
    aPerson('ana', { osUsers: ['ana@web1', 'ana@web2'] }),
    aPerson('bob', { osUsers: ['bob@web1'], agents: ['deploy-bot', 'ci:github/bob'] }),
    aPerson('kim', {
      osUsers: ['kim@web1'],
      agents: ['rogue', 'ci:github/acme/infra'],
      agentUsers: { rogue: ['rogue@web1'] },
    }),
  ],
};
const ana = { osUser: 'ana@web1' };

/** Who started it, then whoever took it on. */
function chainOf(first: Caller, ...later: readonly Caller[]): readonly ChainLink[] {
  return later
    .flatMap((caller) => resumerLinks(people, caller))
    .reduce(addLink, resolveInitiator(people, first)).chain;
}

/** `agent deploy-bot - - ana,bob` */
function read(chain: readonly ChainLink[]): readonly string[] | undefined {
  return viewsOf(chain)?.map(({ kind, agent, ci, ci_actor, people: names }) =>
    [kind, agent ?? '-', ci ?? '-', ci_actor ?? '-', names.join(',')].join(' '),
  );
}

describe('the ways to read who stands behind a run', () => {
  test('are one where nobody claims anything', () => {
    expect(read(chainOf(ana))).toEqual(['person - - - ana']);
    expect(read(chainOf({ osUser: 'rogue@web1' }))).toEqual(['agent rogue - - kim']);
    expect(read([])).toEqual(['unknown - - - ']);
  });

  test('are also the one without what a variable says', () => {
    expect(read(chainOf({ ...ana, agent: 'deploy-bot' }))).toEqual([
      'agent deploy-bot - - ana,bob',
      'person deploy-bot - - ana,bob',
      'person - - - ana',
    ]);
    expect(read(chainOf({ ...ana, onBehalfOf: 'kim' }))).toEqual([
      'person - - - ana,kim',
      'person - - - ana',
    ]);
  });

  test('have whoever set a job off wherever they have the job', () => {
    const ci = { identity: 'github/acme/infra', actor: 'github/bob' };
    expect(read(chainOf({ osUser: 'runner@vm7', ci }))).toEqual([
      'ci - github/acme/infra github/bob kim,bob',
      'unknown - - - bob',
      'ci - github/acme/infra github/bob kim',
      'unknown - - - ',
    ]);
  });

  test('name one agent at a time', () => {
    const agents = viewsOf(chainOf({ ...ana, agent: 'deploy-bot' }, { osUser: 'rogue@web1' }));
    const named = new Set(agents?.map(({ agent }) => agent));
    expect(named).toEqual(new Set(['deploy-bot', 'rogue', null]));
  });

  test('do not grow with the same person, who came back', () => {
    const once = read(chainOf(ana));
    expect(read(chainOf(ana, { osUser: 'ana@web2' }, { ...ana, onBehalfOf: 'ana' }))).toEqual(once);
  });

  test("are nobody's to read where they are too many", () => {
    const claims = Array.from({ length: 9 }, (_, at) => ({ ...ana, agent: `a${at}` }));
    expect(viewsOf(chainOf(ana, ...claims))).toBeNull();
  });
});

const maybe = <T>(...values: readonly T[]) => fc.constantFrom(undefined, ...values);
const anyClaims = fc.record({
  agent: maybe('deploy-bot', 'rogue', 'unowned'),
  ci: maybe(
    { identity: 'github/acme/infra', actor: 'github/bob' },
    { identity: 'github/acme/other', actor: 'github/eve' },
  ),
  onBehalfOf: maybe('ana', 'bob', 'kim', 'slack:T01/U01'),
  sudoUser: maybe('bob', 'kim', 'nobody'),
});
const accounts = ['ana@web1', 'kim@web1', 'rogue@web1', 'runner@vm7'];
const anyAccount = fc.constantFrom(...accounts, 'root@web1');
/** Root is left out, who could as well become whoever it names. */
const anyCaller = fc
  .tuple(fc.constantFrom(...accounts), anyClaims)
  .map(([osUser, claims]): Caller => ({ osUser, ...claims }));

/** As sets of sets: in which order people stand says nothing. */
function sorted(chain: readonly ChainLink[]): ReadonlySet<string> | null {
  const views = viewsOf(chain);
  return views === null
    ? null
    : new Set(views.map((view) => JSON.stringify({ ...view, people: view.people.toSorted() })));
}

function growsFrom(before: readonly ChainLink[], after: readonly ChainLink[]): void {
  const [fewer, more] = [sorted(before), sorted(after)];
  if (more !== null) {
    expect([...(fewer ?? ['too many'])].filter((view) => !more.has(view))).toEqual([]);
  }
}

test('a claim at the start takes no way to read it away', () => {
  fc.assert(
    fc.property(anyAccount, anyClaims, anyClaims, (osUser, some, others) => {
      // Of root it is no mere claim.
      const sudoUser = osUser.startsWith('root') ? some.sudoUser : others.sudoUser;
      const said = {
        agent: some.agent ?? others.agent,
        ci: some.ci ?? others.ci,
        onBehalfOf: some.onBehalfOf ?? others.onBehalfOf,
        sudoUser: some.sudoUser ?? sudoUser,
      };
      growsFrom(chainOf({ osUser, ...some }), chainOf({ osUser, ...said }));
    }),
    { numRuns: 500 },
  );
});

test('whoever takes a run on takes no way to read it away', () => {
  fc.assert(
    fc.property(
      anyCaller,
      fc.array(anyCaller, { maxLength: 2 }),
      anyCaller,
      (first, some, more) => {
        growsFrom(chainOf(first, ...some), chainOf(first, ...some, more));
      },
    ),
    { numRuns: 500 },
  );
});
