/** `runbook help TOPIC`: what scripts and agents rely on. */
export const helpTopics: Readonly<Record<string, string>> = {
  'exit-codes': `Exit codes

    0  succeeded; tolerated failures are listed
    1  a step failed
    2  usage, or an invalid runbook or configuration
    4  login required
   10  waiting for a person; \`next\` says what goes on
   11  rejected by a reviewer
   12  the approval expired; \`runbook resume\` asks anew
   13  denied by policy, approving for oneself included
   14  an audit or signature check failed
   15  a step's outcome is unknown, and a person must say: \`runbook resolve\`
   16  a lock is held by another run
   17  cancelled
   18  the journal cannot be written, and nothing ran; or its server cannot
       be reached
   70  a bug in runbook
  130  interrupted        143  terminated

exec, wait and resume exit with the run's code; status exits with 0.
`,
  environment: `Environment variables

  RUNBOOK_CONFIG_DIR    people.yaml, policy.yaml and config.yaml; /etc/runbook
                        wins where it is present
  RUNBOOK_STATE_DIR     the journal
  RUNBOOK_APPROVER_DIR  what an approver keeps: pins and receipts
  RUNBOOK_SERVER        the server that commands go to; empty: this machine's
                        own journal, as with --local
  RUNBOOK_TOKEN         who calls it; without one, what \`runbook login\` kept
  RUNBOOK_PATH          folders in which runbooks are looked up by name
  RUNBOOK_PARAM_NAME    the parameter \`name\`
  RUNBOOK_AGENT         id of the agent that calls; it is never asked
                        anything, and cannot sign
  RUNBOOK_AGENT_NOTE    what the agent says about itself; shown as unverified
  RUNBOOK_ON_BEHALF_OF  whom the caller works for, by name in people.yaml
  RUNBOOK_DEBUG         the same as --debug
  CI                    never ask
  NO_COLOR, FORCE_COLOR, TERM=dumb
                        whether output is painted; --color wins

A step is given RUNBOOK_ATTEMPT and RUNBOOK_OUTPUT, and only the variables its
runbook names.
`,
  json: `JSON

  --json            one object on stdout; the same as --output json
  --output ndjson   exec, resume and cancel: one line for each journal entry,
                    then that object

All keys are snake_case. Lists are objects: {"runs": [{"run": …}]}. Readers
should ignore keys they do not know.

exec, resume, wait, status, cancel, resolve and done print

  run, runbook, environment
  status       running, waiting, succeeded, failed, rejected, expired, denied,
               cancelled or unknown
  terminal     false where the run can still go on
  exit_code    as in \`runbook help exit-codes\`
  stamp        advisory or enforced
  break_glass  the rule that --break-glass named, or null
  glass_broken true once somebody was asked to act alone under it
  overrides    the rules that --override named
  reviews      [{request, words, step, due, overdue, review}]: what was done
               under break-glass; review is null while it is owed
  steps        [{id, name, status, attempt, exit_code?, duration_ms?, outputs?,
               reason?, done_by?, grant?}]
  requests     [{request, step, digest, words, expires_at,
               missing: [{slot, count, from}]}]
  reason       why it stands where it stands, or null
  hint?        what may be done about a denial
  next         {command}, or null
  manual?      {step, text, ask, until}: a person has to do this step, and says
               so with runbook done
  starts_at?   when a run that was started with --at begins

approve, reject and revoke print {request, decision, person, assurance, missing,
receipt}; audit verify prints {verdicts: [{name, ok, anchor, anchored_at}],
findings: [{code, index, message}], exit_code}.

Errors are one object on stderr: {code, message, hint}. Codes are stable. A run
that cannot go on because of one is printed on stdout all the same.
`,
};
