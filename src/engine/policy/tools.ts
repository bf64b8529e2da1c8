import { RunbookError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { Service } from '../service.ts';
import { checkPolicy, type PolicyFiles } from './check-policy.ts';
import { type DiffInput, diffPolicy } from './diff-policy.ts';
import { type ExplainInput, explainRun } from './explain-run.ts';
import type {
  NamedText,
  PolicyCheckReport,
  PolicyDiffReport,
  PolicyExplainReport,
  PolicyTestReport,
} from './reports.ts';
import { type CaseFiles, testPolicy } from './test-policy.ts';

/**
 * What helps those who write rules. Everything here reads the files of this machine, or files that it is
 * given; nothing is recorded. All throw InvalidFileError for what is written wrong.
 */
export interface PolicyTools {
  /** Says what in a policy is most likely not meant. `passkeys`: what people sign with beside their keys. */
  check(files: GivenFiles, passkeys?: PolicyFiles['passkeys']): Promise<PolicyCheckReport>;
  /** What policy says to each step of a runbook, and why. Throws UsageError `step_unknown`, `person_unknown`. */
  explain(input: ExplainInput): PolicyExplainReport;
  /** Which of the recorded decisions other rules would have decided otherwise. */
  diff(
    input: Omit<DiffInput, 'policy' | 'people'> & Omit<GivenFiles, 'config'>,
  ): Promise<PolicyDiffReport>;
  /** Runs tables of cases. */
  test(tables: readonly Pick<CaseFiles, 'table' | 'read'>[]): PolicyTestReport;
}

/** What the tools find beside the engine, each file read only where nobody gave another. */
export interface PolicySources extends Pick<Service, 'runbooks'> {
  /** The text of a trusted file, whatever is wrong with the others. Throws ConfigError. */
  readonly trustedText: (name: keyof GivenFiles) => string;
}

/** Files to look at instead of the trusted ones in force. */
export interface GivenFiles {
  readonly policy?: NamedText;
  readonly people?: NamedText;
  readonly config?: NamedText;
}

/** The tools over this engine. Its journal is opened by what reads it alone. */
export function policyTools(engine: Engine, sources: PolicySources): PolicyTools {
  const trusted = (name: keyof GivenFiles): NamedText => ({
    file: `${name}.yaml`,
    text: sources.trustedText(name),
  });
  return {
    check: (files, passkeys = []) => {
      const nowMs = engine.clock.now().wallMs;
      return checkFiles(files, { ...sources, trusted, nowMs, passkeys });
    },
    explain: (input) => explainRun(engine, input),
    diff: (input) =>
      diffPolicy(engine, {
        ...input,
        policy: input.policy ?? trusted('policy'),
        people: input.people ?? trusted('people'),
      }),
    test: (tables) => testTables(tables, trusted),
  };
}

async function checkFiles(
  given: GivenFiles,
  by: {
    readonly trusted: (name: keyof GivenFiles) => NamedText;
    readonly runbooks: PolicySources['runbooks'];
    readonly nowMs: number;
    readonly passkeys: NonNullable<PolicyFiles['passkeys']>;
  },
): Promise<PolicyCheckReport> {
  const { policy, people, config } = given;
  return checkPolicy({
    policy: policy ?? by.trusted('policy'),
    people: people ?? by.trusted('people'),
    config: config ?? by.trusted('config'),
    nowMs: by.nowMs,
    passkeys: by.passkeys,
    params: await paramsOf(by.runbooks, config !== undefined),
  });
}

/** Null where no runbook is found; so, too, where the folders stand in a file that is to be replaced. */
async function paramsOf(
  runbooks: PolicySources['runbooks'],
  isReplaced: boolean,
): Promise<readonly string[] | null> {
  try {
    const found = await runbooks();
    return found.length === 0 ? null : found.flatMap(({ params }) => params);
  } catch (error) {
    if (isReplaced && error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

function testTables(
  tables: readonly Pick<CaseFiles, 'table' | 'read'>[],
  trusted: (name: keyof GivenFiles) => NamedText,
): PolicyTestReport {
  const cases = tables.flatMap((table) => testPolicy({ ...table, inForce: trusted }));
  const passed = cases.filter(({ ok }) => ok).length;
  return { passed, failed: cases.length - passed, cases };
}
