/**
 * What the journal is evidence for, in the words of three frameworks: one table, for the control map of
 * an evidence bundle and for `audit report`. NIST SP 800-53 Rev. 5 gives names and baselines (which FedRAMP
 * takes up), ISO/IEC 27001:2022 Annex A its titles; the SOC 2 criteria are described, not quoted.
 */

export const frameworks = ['soc2', 'iso27001', 'fedramp'] as const;
export type Framework = (typeof frameworks)[number];

/** How a framework is called, as a heading has it. */
export const frameworkNames: Readonly<Record<Framework, string>> = {
  soc2: 'SOC 2 (Trust Services Criteria)',
  iso27001: 'ISO/IEC 27001:2022, Annex A',
  fedramp: 'FedRAMP (NIST SP 800-53 Rev. 5)',
};

/** What a control asks of the journal. */
export const matters = [
  'approval',
  'separation',
  'identity',
  'records',
  'protection',
  'failure',
  'review',
] as const;
export type Matter = (typeof matters)[number];

/** A matter in a line: what the journal shows about it. */
export const matterNames: Readonly<Record<Matter, string>> = {
  approval: 'a privileged step waits until the policy in force is met, and this can be replayed',
  separation: 'whoever stands behind a run approves nothing in it; quorums count distinct people',
  identity:
    'who decided is shown by their own key, or labelled as what an issuer or a receiver said',
  records: 'every event is an entry: who, what, where, why, when and how it ended',
  protection: 'entries lie under signed tree heads that others remember',
  failure: 'nothing privileged runs unrecorded, and an outage of copies is itself an entry',
  review: 'the record can be verified, exported and kept by whoever trusts nobody',
};

export interface Control {
  readonly framework: Framework;
  readonly id: string;
  readonly name: string;
  readonly matters: readonly Matter[];
  /** NIST baselines that ask for it: of `L`, `M` and `H`; empty where none does. FedRAMP only. */
  readonly baselines?: string;
}

/** Every control the journal speaks to, in the order of each framework. */
export const controls: readonly Control[] = [
  ...soc2([
    ['CC6.1', 'Logical access is restricted', ['approval', 'identity']],
    ['CC6.2', 'Users are authorised before they get access', ['identity']],
    [
      'CC6.3',
      'Access follows roles, least privilege and segregation of duties',
      ['approval', 'separation'],
    ],
    ['CC7.2', 'Systems are monitored for anomalies', ['records', 'protection', 'failure']],
    ['CC7.3', 'Security events are evaluated', ['protection', 'review']],
    ['CC7.4', 'Incidents are responded to', ['failure']],
    ['CC8.1', 'Changes are authorised, tested, approved and documented', ['approval', 'review']],
  ]),
  ...iso27001([
    ['5.3', 'Segregation of duties', ['separation']],
    ['5.15', 'Access control', ['approval']],
    ['5.16', 'Identity management', ['identity']],
    ['5.17', 'Authentication information', ['identity']],
    ['5.18', 'Access rights', ['identity']],
    ['5.28', 'Collection of evidence', ['review']],
    ['5.33', 'Protection of records', ['protection', 'review']],
    ['5.37', 'Documented operating procedures', ['records']],
    ['8.2', 'Privileged access rights', ['approval']],
    ['8.15', 'Logging', ['records', 'protection']],
    ['8.16', 'Monitoring activities', ['failure']],
    ['8.17', 'Clock synchronization', ['records']],
    ['8.18', 'Use of privileged utility programs', ['approval']],
    ['8.24', 'Use of cryptography', ['protection']],
    ['8.32', 'Change management', ['approval']],
  ]),
  ...fedramp([
    ['AC-3', 'Access Enforcement', ['approval'], 'LMH'],
    ['AC-3(2)', 'Dual Authorization', ['separation'], ''],
    ['AC-5', 'Separation of Duties', ['separation'], 'MH'],
    ['AC-6(9)', 'Log Use of Privileged Functions', ['approval', 'records'], 'MH'],
    [
      'AC-6(10)',
      'Prohibit Non-privileged Users from Executing Privileged Functions',
      ['approval'],
      'MH',
    ],
    ['AU-2', 'Event Logging', ['records'], 'LMH'],
    ['AU-3', 'Content of Audit Records', ['records'], 'LMH'],
    ['AU-3(1)', 'Additional Audit Information', ['records'], 'MH'],
    ['AU-4', 'Audit Log Storage Capacity', ['failure'], 'LMH'],
    ['AU-5', 'Response to Audit Logging Process Failures', ['failure'], 'LMH'],
    ['AU-5(1)', 'Storage Capacity Warning', ['failure'], 'H'],
    ['AU-5(2)', 'Real-time Alerts', ['failure'], 'H'],
    ['AU-6', 'Audit Record Review, Analysis, and Reporting', ['review'], 'LMH'],
    ['AU-7', 'Audit Record Reduction and Report Generation', ['review'], 'MH'],
    ['AU-8', 'Time Stamps', ['records'], 'LMH'],
    ['AU-9', 'Protection of Audit Information', ['protection'], 'LMH'],
    ['AU-9(1)', 'Hardware Write-once Media', ['protection'], ''],
    ['AU-9(2)', 'Store on Separate Physical Systems or Components', ['protection'], 'H'],
    ['AU-9(3)', 'Cryptographic Protection', ['protection'], 'H'],
    ['AU-9(4)', 'Access by Subset of Privileged Users', ['protection'], 'MH'],
    ['AU-9(5)', 'Dual Authorization', ['separation'], ''],
    ['AU-10', 'Non-repudiation', ['identity'], 'H'],
    ['AU-10(4)', 'Validate Binding of Information Reviewer Identity', ['identity'], ''],
    ['AU-11', 'Audit Record Retention', ['review'], 'LMH'],
    ['AU-12', 'Audit Record Generation', ['records'], 'LMH'],
    ['CM-3', 'Configuration Change Control', ['approval'], 'MH'],
    ['CM-3(2)', 'Testing, Validation, and Documentation of Changes', ['review'], 'MH'],
    ['CM-5', 'Access Restrictions for Change', ['approval'], 'LMH'],
    ['CM-5(1)', 'Automated Access Enforcement and Audit Records', ['approval', 'records'], 'H'],
    ['CM-5(4)', 'Dual Authorization', ['separation'], ''],
    ['IA-2', 'Identification and Authentication (Organizational Users)', ['identity'], 'LMH'],
    ['IA-5(2)', 'Public Key-based Authentication', ['identity'], 'MH'],
    ['SC-12', 'Cryptographic Key Establishment and Management', ['protection'], 'LMH'],
    ['SC-13', 'Cryptographic Protection', ['protection'], 'LMH'],
  ]),
];

/** Those of one framework. */
export function controlsOf(framework: Framework): readonly Control[] {
  return controls.filter((control) => control.framework === framework);
}

type Row = readonly [id: string, name: string, matters: readonly Matter[]];

function soc2(rows: readonly Row[]): readonly Control[] {
  return rows.map(([id, name, asked]) => ({ framework: 'soc2', id, name, matters: asked }));
}

function iso27001(rows: readonly Row[]): readonly Control[] {
  return rows.map(([id, name, asked]) => ({ framework: 'iso27001', id, name, matters: asked }));
}

function fedramp(rows: readonly (readonly [...Row, baselines: string])[]): readonly Control[] {
  return rows.map(([id, name, asked, baselines]) => ({
    framework: 'fedramp',
    id,
    name,
    matters: asked,
    baselines,
  }));
}
