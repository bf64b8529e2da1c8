import { sanitizeLine } from '../../base/sanitize.ts';
import type { Answer, Front } from '../../channels/channel.ts';
import type { Engine } from '../engine.ts';

/** Whoever may leave decisions may leave many. */
const atMost = 5;

/** Whoever left a decision may be gone when it is judged: where it does not count, whoever sits here hears of it. */
export function warningOfRefusals({ warn }: Engine, front: Front): Front {
  let told = 0;
  const heed = (from: string, answer: Answer): Answer => {
    if (!answer.accepted && answer.later !== true && told < atMost) {
      told += 1;
      const { message, code } = answer;
      warn?.(sanitizeLine(`${from} was left and does not count: ${message} (${code})`));
    }
    return answer;
  };
  return {
    ...front,
    submit: async (signed) => heed('a signed decision', await front.submit(signed)),
    attest: async (said) => heed(`a decision of \`${said.identity}\``, await front.attest(said)),
  };
}
