import type { Engine } from '../engine.ts';
import type { Service } from '../service.ts';
import { checkPolicy } from './check-policy.ts';
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
  /** Says what in a policy is most likely not meant. */
  check(files: GivenFiles): Promise<PolicyCheckReport>;
  /** What policy says to each step of a runbook, and why. Throws UsageError `step_unknown`, `person_unknown`. */
  explain(input: ExplainInput): PolicyExplainReport;
  /** Which of the recorded decisions other rules would have decided otherwise. */
  diff(input: DiffInput): Promise<PolicyDiffReport>;
  /** Runs tables of cases. */
  test(tables: readonly Pick<CaseFiles, 'table' | 'read'>[]): PolicyTestReport;
}

/** Files to look at instead of the trusted ones in force. */
export interface GivenFiles {
  readonly policy?: NamedText;
  readonly people?: NamedText;
  readonly config?: NamedText;
}

/** The tools over this engine. Its journal is opened by what reads it alone. */
export function policyTools(engine: Engine, elsewhere: Pick<Service, 'runbooks'>): PolicyTools {
  return {
    check: (files) => checkFiles(engine, elsewhere, files),
    explain: (input) => explainRun(engine, input),
    diff: (input) => diffPolicy(engine, input),
    test: (tables) => testTables(engine, tables),
  };
}

async function checkFiles(
  engine: Engine,
  elsewhere: Pick<Service, 'runbooks'>,
  given: GivenFiles,
): Promise<PolicyCheckReport> {
  const { policy, people, config } = given;
  const trusted = (name: 'policy' | 'people' | 'config'): NamedText => ({
    file: `${name}.yaml`,
    text: engine.trusted()[name].text,
  });
  const runbooks = await elsewhere.runbooks();
  const params = runbooks.flatMap((runbook) => runbook.params);
  return checkPolicy({
    policy: policy ?? trusted('policy'),
    people: people ?? trusted('people'),
    config: config ?? trusted('config'),
    nowMs: engine.clock.now().wallMs,
    params: runbooks.length === 0 ? null : params,
  });
}

function testTables(
  engine: Engine,
  tables: readonly Pick<CaseFiles, 'table' | 'read'>[],
): PolicyTestReport {
  const inForce = (): ReturnType<CaseFiles['inForce']> => {
    const { policy, people } = engine.trusted();
    return { policy: policy.value, people: people.value };
  };
  const cases = tables.flatMap((table) => testPolicy({ ...table, inForce }));
  const passed = cases.filter(({ ok }) => ok).length;
  return { passed, failed: cases.length - passed, cases };
}
