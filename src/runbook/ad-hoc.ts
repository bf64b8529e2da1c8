/**
 * The name of a runbook that was made of one command line (`exec -- COMMAND`): by it rules know such a run.
 * A file may have it too, and gains nothing by that, since no rule makes anything easier.
 */
export const adHocName = 'ad-hoc';
