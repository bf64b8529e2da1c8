import { controls, frameworkNames, type Matter, matterNames } from '../controls.ts';
import { formatCsv } from './csv.ts';

/** A row for each control and each thing that it asks of the journal, with the files that show it. */
export function controlMap(): string {
  const rows = controls.flatMap(({ framework, id, name, matters, baselines = '' }) =>
    matters.map((matter) => [
      frameworkNames[framework],
      id,
      name,
      baselines,
      matterNames[matter],
      shownBy[matter],
    ]),
  );
  return formatCsv([['framework', 'control', 'name', 'baselines', 'evidence', 'files'], ...rows]);
}

const shownBy: Readonly<Record<Matter, string>> = {
  approval:
    'entries/ (approval.requested, approval.decided, step.started) and blobs/ (policy, commands)',
  separation: 'entries/ (run.started, approval.decided) and blobs/ (people)',
  identity: 'decisions/, decisions.csv and allowed_signers',
  records: 'entries/',
  protection: 'checkpoint, entries/*.tlog-proof, roots/, witnesses/ and timestamps/',
  failure: 'entries/ (sink.gap, step.unknown)',
  review: 'verify.py, check.go, findings.json and MANIFEST',
};
