import { openNote } from '../../journal/checkpoint.ts';
import { keyAt } from '../../journal/key-history.ts';
import type { Head } from '../store.ts';
import type { Journal } from './journal.ts';
import { requireKeys } from './keys.ts';

/**
 * That the stored peaks are the ones that were signed: a flipped bit in them must not go into the next
 * head, under a good signature. A head that is, byte for byte, the last one this process signed needs
 * no second look. Throws IntegrityError `E_STH_SIG`.
 */
export function assertSigned(journal: Journal, head: Head): void {
  if (head.note !== journal.signed.note) {
    openNote(head.note, [keyAt(requireKeys(journal), head.size)]);
  }
}
