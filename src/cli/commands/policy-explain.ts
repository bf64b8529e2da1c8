import { gatherParams } from '../ask-params.ts';
import { parseTime } from '../at.ts';
import type { Cli } from '../cli.ts';
import type { ParamFlags } from '../params.ts';
import { renderExplanation } from '../render/policy-explain.ts';
import { openRunbook } from '../runbooks.ts';
import { type StartFlags, startInput } from '../start-input.ts';
import { resultStyle } from '../styles.ts';

export interface PolicyExplainFlags extends ParamFlags, Omit<StartFlags, 'at'> {
  readonly as?: string;
  readonly agent?: string;
  readonly ci?: string;
  readonly actor?: string;
  readonly at?: string;
  readonly step?: string;
}

/** Exits 0, whatever policy says: it was only asked. */
export async function runPolicyExplain(
  cli: Cli,
  name: string,
  flags: PolicyExplainFlags,
): Promise<number> {
  const { as: person, agent, ci, actor, at, step, ...start } = flags;
  const opened = await openRunbook(cli, name);
  const given = await gatherParams(cli, opened.runbook, flags);
  const tools = await cli.openPolicyTools();
  const isOther = person !== undefined || agent !== undefined || ci !== undefined;
  const report = tools.explain({
    start: startInput(opened, given, start),
    as: isOther
      ? { person: person ?? null, agent: agent ?? null, ci: ci ?? null, actor: actor ?? null }
      : null,
    atMs: at === undefined ? null : parseTime(at, cli.io.clock.now().wallMs),
    step: step ?? null,
  });
  cli.print(report, () => renderExplanation(report, resultStyle(cli)));
  return 0;
}
