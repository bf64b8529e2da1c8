import type { Front } from '../channel.ts';

/** What a chat's reception knows of itself while somebody attends it. */
export interface Attendance<Standing> {
  /** Where clicks go: null while nobody attends, or whoever does receives none. */
  readonly receiver: () => Front | null;
  /** What the channel's parts last said of themselves. */
  readonly standing: () => Standing;
  readonly report: (part: Partial<Standing>) => void;
  /** Attends for as long as `work` takes. After it all is as before. */
  during(front: Front, work: () => Promise<void>): Promise<void>;
}

export function openAttendance<Standing>(idle: Standing): Attendance<Standing> {
  let receiver: Front | null = null;
  let standing = idle;
  return {
    receiver: () => receiver,
    standing: () => standing,
    report: (part) => {
      standing = { ...standing, ...part };
    },
    async during(front, work) {
      receiver = front.receives ? front : null;
      try {
        await work();
      } finally {
        receiver = null;
        standing = idle;
      }
    },
  };
}
