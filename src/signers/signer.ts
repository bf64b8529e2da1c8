import type { Pin, Receipt } from '../approval/statement/receipt.ts';

/** A person's own key, in their own session. Signing may ask for a passphrase or a touch. */
export interface ApproverSigner {
  /** OpenSSH public key line without comment: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
  /** SSHSIG blob (sha512) over `message`, base64 without armour. */
  sign(namespace: string, message: Buffer): Promise<string>;
}

/** What an approver's client remembers, in RUNBOOK_APPROVER_DIR: never in the journal's folder. */
export interface ApproverMemory {
  /** The newest head this client has seen of a log; null for a log it never saw. */
  pin(origin: string): Pin | null;
  /** Replaces the pin, durable before it returns. Never goes back to a smaller size. */
  savePin(pin: Pin): void;
  /** Keeps a receipt; answers its file's path. */
  saveReceipt(receipt: Receipt): string;
  pins(): readonly Pin[];
  receipts(): readonly Receipt[];
}
