import { isScope, type Scope, scopes, type TokenHolder } from '../../approval/token.ts';
import { UsageError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import type { Cli } from '../cli.ts';
import { refuseTogether } from '../flags.ts';
import { describeToken } from './token-list.ts';

export interface TokenFlags {
  readonly person?: string;
  readonly agent?: string;
  readonly ci?: string;
  readonly scope: readonly string[];
  /** Milliseconds. */
  readonly expires: number;
  readonly label?: string;
}

/** The secret stands alone on stdout, so that it can go straight where it is kept. */
export async function runTokenCreate(cli: Cli, flags: TokenFlags): Promise<number> {
  const input = {
    holder: holderOf(flags),
    scopes: flags.scope.flatMap((list) => list.split(',')).map(scopeOf),
    label: flags.label ?? null,
    expiresInMs: flags.expires,
  };
  const service = await cli.openService();
  const issued = await service.issueToken(input);
  cli.say(`token ${issued.token} ${describeToken(issued)}, until ${issued.expires_at}`);
  cli.say('its secret, shown this once:');
  cli.print(issued, () => `${issued.secret}\n`);
  return 0;
}

function holderOf({ person, agent, ci }: TokenFlags): TokenHolder {
  refuseTogether({ '--person': person, '--agent': agent, '--ci': ci });
  const named = { person, agent, ci };
  const kind = (['person', 'agent', 'ci'] as const).find((kind) => named[kind] !== undefined);
  const id = kind === undefined ? undefined : named[kind];
  if (kind === undefined || id === undefined) {
    throw new UsageError({
      code: 'usage',
      message: 'a token is for somebody, and nobody is named',
      hint: '`--person NAME`, `--agent ID` or `--ci JOB`',
    });
  }
  return { kind, id };
}

function scopeOf(text: string): Scope {
  if (isScope(text)) {
    return text;
  }
  const near = closest(text, scopes);
  throw new UsageError({
    code: 'scopes_invalid',
    message: `there is no scope \`${text}\``,
    hint: near === null ? `there are ${scopes.join(', ')}` : `did you mean \`${near}\`?`,
  });
}
