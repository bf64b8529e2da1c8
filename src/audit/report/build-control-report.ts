import type { AuditVerdict } from '../bounds.ts';
import { controlsOf, type Framework, frameworkNames, matterNames, matters } from '../controls.ts';
import type { ControlReport } from './control-report.ts';
import { evidenceOf, populationOf, verdictsFor } from './evidence.ts';
import { exceptionsOf, type ReportFinding } from './exceptions.ts';
import { notProven } from './not-proven.ts';
import type { Period } from './period.ts';

/** Puts the report together. Pure: the same journal, period and verdicts give the same report. */
export function buildControlReport(of: {
  readonly framework: Framework;
  readonly origin: string;
  readonly size: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly period: Period;
  readonly verdicts: readonly AuditVerdict[];
  readonly findings: readonly ReportFinding[];
}): ControlReport {
  const { framework, period } = of;
  const inPeriod = of.findings.filter(({ index }) => isWithin(index, period));
  const reports = matters.map((matter) => ({
    matter,
    name: matterNames[matter],
    population: populationOf(matter, period),
    evidence: [...verdictsFor(matter, of.verdicts), ...evidenceOf(matter, period)],
    exceptions: exceptionsOf(matter, period, inPeriod),
    not_proven: notProven[matter],
  }));
  return {
    framework,
    name: frameworkNames[framework],
    origin: of.origin,
    from: of.from,
    to: of.to,
    entries: { count: period.entries, first: period.first, last: period.last },
    size: of.size,
    verdicts: of.verdicts,
    controls: controlsOf(framework).map(({ id, name, baselines = null, matters: asked }) => {
      const own = reports.filter(({ matter }) => asked.includes(matter));
      return {
        id,
        name,
        baselines,
        matters: asked,
        population: Math.max(0, ...own.map(({ population }) => population.count)),
        evidence: sum(own.flatMap(({ evidence }) => evidence.map(({ count }) => count))),
        exceptions: sum(own.map(({ exceptions }) => exceptions.length)),
      };
    }),
    matters: reports,
  };
}

/** What is about the log as a whole is about every period. */
function isWithin(index: number | null, { first, last }: Period): boolean {
  return index === null || (first !== null && last !== null && first <= index && index <= last);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
