import type { RequestContent } from '../../src/approval/request.ts';
import type { RequestFile } from '../../src/approval/request-file.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { DecisionWays } from '../../src/engine/login-reports.ts';
import type { RequestDetail, RunReport } from '../../src/engine/reports.ts';
import type { RequestView } from '../../src/pages/request.ts';
import { aCommand, aRequest } from '../approval/request-builders.ts';

export const nowMs = Date.parse('2026-03-02T01:10:00.000Z');

export function aDetail(
  more: Partial<RequestDetail> = {},
  content: Partial<RequestContent> = {},
): RequestDetail {
  return {
    hash: sha256('leaf'),
    content: aRequest(content),
    command: aCommand(),
    previous: null,
    words: 'amber-canoe-tiger-violin-1f3a9c04',
    state: 'pending',
    missing: [{ slot: 'floor', count: 1, from: ['*'] }],
    decisions: [],
    outcome: null,
    review: null,
    ...more,
  };
}

export const allWays: DecisionWays = {
  person: 'bob',
  refusal: null,
  approve: { passkey: true, login: true, session: 'A1' },
  reject: true,
  revoke: false,
  passkeys: [
    {
      passkey: 'p1p1p1p1p1p1p1p1',
      person: 'bob',
      label: null,
      origin: 'https://runbook.example.com',
      public: 'sk-ecdsa-sha2-nistp256@openssh.com AAAA',
      credential: 'AAAA',
      enrolled_at: '2026-03-01T01:00:00.000Z',
      enrolled_by: 'invite',
      removed_at: null,
    },
  ],
};

function aRun({ content }: RequestDetail): RunReport {
  return {
    run: content.run,
    runbook: content.runbook.name,
    environment: content.target.environment,
    status: 'waiting',
    terminal: false,
    exit_code: 10,
    stamp: 'advisory',
    overrides: [],
    reviews: [],
    break_glass: null,
    glass_broken: false,
    steps: [
      { id: 'health', name: null, status: 'succeeded', attempt: 1 },
      { id: content.step, name: content.name, status: 'waiting', attempt: 1 },
    ],
    requests: [],
    reason: null,
    next: null,
  };
}

const aProof: RequestFile = {
  kind: 'runbook.request/v1',
  origin: 'runbook/abc',
  verifier_key: 'runbook/abc+1+A',
  checkpoint: 'runbook/abc\n20\nroot=\n\n— runbook/abc sig\n',
  index: 12,
  leaf: '',
  inclusion: [],
  consistency: [],
  blobs: {},
  approvers: [],
};

export function aView(detail = aDetail(), more: Partial<RequestView> = {}): RequestView {
  return {
    detail,
    run: aRun(detail),
    proof: aProof,
    ways: allWays,
    visitor: { person: 'bob', csrf: 'c5rf' },
    logins: [{ name: 'Example SSO', issuer: 'https://login.example.com' }],
    nowMs,
    ...more,
  };
}
