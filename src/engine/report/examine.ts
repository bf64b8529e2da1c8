import { agentOfAccount, personOf } from '../../approval/people/identity.ts';
import { accountIdentity, resolveInitiator } from '../../approval/people/initiator.ts';
import { type Enrolled, withEnrolled } from '../../approval/people/passkeys.ts';
import type { Person } from '../../approval/people/people.ts';
import { eligibleFor } from '../../approval/tally/eligible.ts';
import { canReach, signingAlone } from '../../approval/tally/means.ts';
import { RunbookError } from '../../base/errors.ts';
import { runTool } from '../../base/tool.ts';
import { anyone } from '../../policy/policy.ts';
import { examineDebts } from '../break-glass/examine-debts.ts';
import { meansOf } from '../decision/means-of.ts';
import type { Engine, Trusted } from '../engine.ts';
import { examineKeys } from '../key/examine-keys.ts';
import { examinePolicy } from '../policy/examine-policy.ts';
import { provenIdentities } from '../proof/proven-identities.ts';
import { examineSinks } from '../replicate/examine-sinks.ts';
import type { Finding } from '../reports.ts';
import { examineRetention } from '../retain/examine-retention.ts';
import { type Examining, examineHolds, examineReceptions } from './examine-receptions.ts';

/** Everything that must be in place, each check on its own: what one finds wrong hides no other. */
export async function examine(
  engine: Engine,
  of: Pick<Examining, 'issuers'> & { readonly stateDir: string },
): Promise<readonly Finding[]> {
  const trusted = check('trusted files', 'mend the file, or its owner and mode', () => {
    const files = engine.trusted();
    return {
      message: `${files.people.value.people.length} people, ${files.policy.value.rules.length} rules`,
      value: files,
    };
  });
  const journal = await examineJournal(engine, of.stateDir);
  const [opened] = journal;
  const isOpen = opened?.ok === true;
  const passkeys = isOpen ? await passkeysOf(engine) : [];
  const { wallMs: nowMs } = engine.clock.now();
  const sshKeygen = check(
    'ssh-keygen',
    'install the OpenSSH client: approvals with an OpenSSH key need it',
    () => {
      runTool(['ssh-keygen', '-?']);
      return { message: 'found', value: null };
    },
  );
  return [
    examineNode(),
    trusted.finding,
    ...(trusted.value === null ? [] : [examinePolicy(trusted.value, { nowMs, passkeys })]),
    ...(trusted.value === null
      ? []
      : await examinePeople(engine, trusted.value, { isOpen, passkeys })),
    ...journal,
    sshKeygen.finding,
    ...(isOpen
      ? [
          ...(await examineKeys(engine)),
          ...(await examineHolds(engine)),
          ...(await examineDebts(engine)),
        ]
      : []),
    ...(isOpen ? await examineRetention(engine, trusted.value) : []),
    ...(isOpen && trusted.value !== null ? await examineSinks(engine, trusted.value) : []),
    ...(await examineReceptions(engine, trusted.value === null ? {} : of)),
  ];
}

function examineNode(): Finding {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 14) || major > 22;
  return {
    name: 'node',
    ok: fits,
    message: `Node ${version}`,
    hint: fits ? null : 'use Node 20.19, 22.14 or newer',
  };
}

async function examinePeople(
  engine: Engine,
  trusted: Trusted,
  { isOpen, passkeys }: { readonly isOpen: boolean; readonly passkeys: Enrolled['passkeys'] },
): Promise<readonly Finding[]> {
  const people = withEnrolled(trusted.people.value, { passkeys, issuers: [] });
  const initiator = resolveInitiator(people, engine.caller);
  const served = 'holder' in engine.caller;
  const own = accountIdentity(engine.account);
  const me = personOf(people, own);
  // Without a journal there are no tokens, and nobody to hear a click.
  const means = isOpen ? await meansOf(engine, { people, initiator, served }) : signingAlone;
  const able = canReach(people, means);
  const { assurance } = trusted.policy.value.floor;
  const others = eligibleFor({ from: [anyone] }, { people, initiator }).filter((name) =>
    able(name, assurance),
  );
  return [
    trusted.config.value.serve === null
      ? examineYou(engine.account, me?.name ?? agentOfAccount(people, own))
      : examineServer(engine.account, me),
    {
      name: 'a second person',
      ok: others.length > 0,
      message:
        others.length > 0
          ? `${others.map((name) => `\`${name}\``).join(', ')} can approve`
          : 'nobody else can approve',
      hint: others.length > 0 ? null : 'runbook people add NAME --ssh-key FILE.pub',
    },
  ];
}

/** Those that count by the journal; none where that cannot be proven, which every command says by itself. */
async function passkeysOf({ store }: Engine): Promise<Enrolled['passkeys']> {
  try {
    return (await provenIdentities(store)).enrolled().passkeys;
  } catch (error) {
    if (error instanceof RunbookError) {
      return [];
    }
    throw error;
  }
}

/** `me` is a person's name, or the id of an agent whose own account it is. */
function examineYou(account: string, me: string | null): Finding {
  return {
    name: 'you',
    ok: me !== null,
    message: me === null ? `\`${account}\` maps to no person` : `\`${account}\` is \`${me}\``,
    hint: me === null ? `runbook people add NAME --os-user ${account}` : null,
  };
}

/** A server attests what others decide: whoever owns its account could have made that up. */
function examineServer(account: string, owner: Person | null): Finding {
  return {
    name: "the server's account",
    ok: owner === null,
    message:
      owner === null
        ? `\`${account}\` is nobody's`
        : `\`${account}\` is \`${owner.name}\`'s: what it attests about their runs is A0`,
    hint: owner === null ? null : 'run the server under an account of its own',
  };
}

async function examineJournal(engine: Engine, stateDir: string): Promise<readonly Finding[]> {
  const opened = check('journal', null, () => ({ message: stateDir, value: engine.store }));
  if (opened.value === null) {
    return [opened.finding];
  }
  const head = await opened.value.head();
  const { wallMs } = engine.clock.now();
  const behindMs = Date.parse(head.time) - wallMs;
  return [
    { ...opened.finding, message: `${opened.value.origin}, ${head.size} entries, in ${stateDir}` },
    {
      name: 'clock',
      ok: behindMs <= 2000,
      message:
        behindMs <= 2000
          ? 'not behind the journal'
          : `${Math.round(behindMs / 1000)} s behind the journal's last entry`,
      hint:
        behindMs <= 2000
          ? null
          : 'set the clock: privileged steps are blocked until it has caught up',
    },
  ];
}

function check<Value>(
  name: string,
  hint: string | null,
  look: () => { readonly message: string; readonly value: Value },
): { readonly finding: Finding; readonly value: Value | null } {
  try {
    const { message, value } = look();
    return { finding: { name, ok: true, message, hint: null }, value };
  } catch (error) {
    if (!(error instanceof RunbookError)) {
      throw error;
    }
    return {
      finding: { name, ok: false, message: error.message, hint: error.hint ?? hint },
      value: null,
    };
  }
}
