import { RunbookError } from '../../base/errors.ts';
import type { Check } from '../channel.ts';
import { groupName } from './account-name.ts';
import { checkSpool, findBoxes, rootMode } from './box.ts';

/** What `doctor` says of the spool: its folder, its group, and boxes that are not their owners'. */
export function examineSpool(dir: string): readonly Check[] {
  const name = 'spool';
  try {
    const { mode, gid } = checkSpool(dir);
    const found = mode & 0o7777;
    if (found !== rootMode) {
      const message = `\`${dir}\` has mode ${found.toString(8)}, not ${rootMode.toString(8)}`;
      return [{ name, ok: false, message, hint: `chmod ${rootMode.toString(8)} '${dir}'` }];
    }
    const { boxes, doubtful } = findBoxes(dir);
    return [
      {
        name,
        ok: doubtful.length === 0,
        message:
          doubtful.length === 0
            ? `${dir}, group ${groupName(gid)}, boxes of others: ${boxes.length}`
            : `\`${doubtful.join('`, `')}\` was made by somebody else than its name says`,
        hint: doubtful.length === 0 ? null : 'root removes it, and asks who that was',
      },
    ];
  } catch (error) {
    if (!(error instanceof RunbookError)) {
      throw error;
    }
    const { message, hint = null } = error;
    return [{ name, ok: false, message, hint }];
  }
}
