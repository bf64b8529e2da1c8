import { RateLimitError } from './refusals.ts';

/** How many calls and streams of one token are open at a time: none may take every connection there is. */
export interface Crowd {
  /** Answers how to leave. Throws RateLimitError where too many are in. */
  enter(token: string): () => void;
}

export function openCrowd(most: number): Crowd {
  const inside = new Map<string, number>();
  return {
    enter(token) {
      const count = inside.get(token) ?? 0;
      if (count >= most) {
        throw new RateLimitError(1);
      }
      inside.set(token, count + 1);
      return () => {
        const left = (inside.get(token) ?? 1) - 1;
        if (left === 0) {
          inside.delete(token);
        } else {
          inside.set(token, left);
        }
      };
    },
  };
}
