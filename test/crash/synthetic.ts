import type { SceneOptions } from '../support/scene.ts';

/** A line in `effects` for each time a step really ran: the attempt it ran as, so the start it ran under. */
const ran = 'echo "$RUNBOOK_ATTEMPT" >> effects';

/** Fails until it has been called `times` times. */
const failsBefore = (times: number) => `
      ${ran}
      echo >> tries
      [ "$(wc -l < tries)" -ge ${times} ]`;

/** Where a small runbook ends when nothing goes wrong, and what it needs around it. */
export interface Synthetic extends SceneOptions {
  readonly ends: string;
  readonly decision?: 'approve' | 'reject';
  readonly given?: Readonly<Record<string, string>>;
  /** What the person who looks says of a step that had started, whether it ran or not. */
  readonly insists?: 'succeeded' | 'failed' | 'retry';
}

const twoGates = `
name: two-gates
steps:
  - id: first
    privileged: true
    run: ${ran}
  - id: second
    privileged: true
    run: ${ran}`;

/** Small runbooks, each for one thing that must survive a crash at any moment. */
export const synthetic: Readonly<Record<string, Synthetic>> = {
  'a gate between two steps, outputs going through it': {
    ends: 'succeeded',
    runbook: `
name: plain
steps:
  - id: look
    run: |
      ${ran}
      echo '{"node": "a"}'
    outputs: { node: json.node }
  - id: restart
    privileged: true
    env: { NODE: "\${{ steps.look.outputs.node }}" }
    run: |
      ${ran}
      echo "restarted $NODE"
  - id: verify
    run: ${ran}`,
  },
  'two gates': { ends: 'succeeded', runbook: twoGates },
  'two gates, and a person who has everything unknown run again': {
    ends: 'succeeded',
    insists: 'retry',
    runbook: twoGates,
  },
  'two gates, and a person who calls everything unknown a failure': {
    ends: 'succeeded',
    insists: 'failed',
    runbook: twoGates,
  },
  'a gate that takes two people': {
    ends: 'succeeded',
    policy: `
rules:
  - name: both groups
    when: step.privileged
    require:
      approvals:
        - { id: peer, from: [group:sre] }
        - { id: owner, from: [group:data], assurance: A3 }`,
    runbook: `
name: both
steps:
  - id: restart
    privileged: true
    run: ${ran}`,
  },
  'a reviewer who says no': {
    ends: 'rejected',
    decision: 'reject',
    runbook: `
name: refused
steps:
  - id: restart
    privileged: true
    run: ${ran}
finally:
  - id: tidy
    run: ${ran}
  - id: report
    privileged: true
    run: ${ran}`,
  },
  'a retried step, which claims its grant three times': {
    ends: 'succeeded',
    runbook: `
name: retried
steps:
  - id: restart
    privileged: true
    retry: { attempts: 3, delay: 5ms }
    run: |${failsBefore(3)}`,
  },
  'a step with a check': {
    ends: 'succeeded',
    runbook: `
name: checked
steps:
  - id: restart
    privileged: true
    run: |
      ${ran}
      echo done > done
    check:
      exec: test -e done`,
  },
  'an idempotent step': {
    ends: 'succeeded',
    runbook: `
name: again
steps:
  - id: look
    idempotent: true
    run: ${ran}
  - id: restart
    privileged: true
    idempotent: true
    retry: 2
    run: ${ran}`,
  },
  'tolerated failures, and a gate in `finally`': {
    ends: 'succeeded',
    runbook: `
name: tolerant
steps:
  - id: flaky
    privileged: true
    continue_on_error: true
    run: |
      ${ran}
      exit 3
  - id: next
    continue_on_error: true
    run: |
      ${ran}
      exit 4
finally:
  - id: tidy
    run: ${ran}
  - id: report
    privileged: true
    run: ${ran}`,
  },
  'a failing step before `finally`': {
    ends: 'failed',
    runbook: `
name: failing
steps:
  - id: restart
    privileged: true
    run: |
      ${ran}
      exit 3
  - id: never
    run: ${ran}
finally:
  - id: tidy
    run: ${ran}`,
  },
  'a gate in `preconditions`, and steps left out': {
    ends: 'succeeded',
    runbook: `
name: guarded
preconditions:
  - id: allowed
    privileged: true
    run: |
      ${ran}
      echo '{"go": false}'
    outputs: { go: json.go }
steps:
  - id: left_out
    if: steps.allowed.outputs.go
    privileged: true
    run: ${ran}
  - id: last
    run: ${ran}`,
  },
  'a secret parameter, and a secret output': {
    ends: 'succeeded',
    given: { token: 'a secret value' },
    runbook: `
name: secretive
params:
  token: { type: string, secret: true }
env: { TOKEN: "\${{ params.token }}" }
steps:
  - id: restart
    privileged: true
    run: |
      ${ran}
      echo "$TOKEN"
  - id: mint
    run: |
      ${ran}
      echo "key=minted $TOKEN" >> "$RUNBOOK_OUTPUT"
    outputs: { key: { secret: true } }
  - id: use
    env: { KEY: "\${{ steps.mint.outputs.key }}" }
    run: |
      ${ran}
      test "$KEY" = "minted $TOKEN"`,
  },
  'several steps in one decision, one of them with a value that comes later': {
    ends: 'succeeded',
    runbook: `
name: together
approvals: together
steps:
  - id: find
    run: |
      ${ran}
      echo b
    outputs: { leader: { value: stdout, type: string, enum: [a, b] } }
  - id: drain
    privileged: true
    retry: { attempts: 2, delay: 1ms }
    run: |${failsBefore(2)}
  - id: restart
    privileged: true
    env: { LEADER: "\${{ steps.find.outputs.leader }}" }
    run: |
      ${ran}
      test "$LEADER" = b
finally:
  - id: tell
    privileged: true
    run: ${ran}`,
  },
  'several steps in one decision, and one that differs by then': {
    ends: 'succeeded',
    runbook: `
name: together-changed
approvals: together
steps:
  - id: prepare
    privileged: true
    run: |
      ${ran}
      echo >> data
  - id: use
    privileged: true
    files: [data]
    run: ${ran}
  - id: after
    privileged: true
    run: ${ran}`,
    files: { data: '' },
  },
};
