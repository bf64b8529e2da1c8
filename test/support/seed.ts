import { configureGlobal, readConfigureGlobal } from 'fast-check';

/**
 * Property tests roll anew each time, so that they find what nobody thought of. Where RUNBOOK_TEST_SEED is
 * set they replay that one roll: a red gate is then about the change, and red again for whoever repeats it.
 */
const seed = process.env['RUNBOOK_TEST_SEED'];
if (seed !== undefined) {
  configureGlobal({ ...readConfigureGlobal(), seed: Number(seed) });
}
