import type { Engine } from '../engine.ts';
import type { PolicyTestReport } from './reports.ts';
import { type CaseFiles, testPolicy } from './test-policy.ts';

/**
 * What helps those who write rules. Everything here reads the files of this machine, or files that it is
 * given; nothing is recorded.
 */
export interface PolicyTools {
  /** Runs tables of cases. Throws InvalidFileError for what is written wrong in any of their files. */
  test(tables: readonly Pick<CaseFiles, 'table' | 'read'>[]): PolicyTestReport;
}

/** The tools over this engine; its journal is opened only by what reads it. */
export function policyTools(engine: Engine): PolicyTools {
  return {
    test: (tables) => testTables(engine, tables),
  };
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
