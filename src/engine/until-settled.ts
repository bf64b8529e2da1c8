import { ConflictError } from '../base/errors.ts';

/** Judges and commits, and again as often as somebody else moves first what it was judged by. */
export async function untilSettled<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConflictError)) {
        throw error;
      }
    }
  }
}
