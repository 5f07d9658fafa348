/** What Linux shows in place of every user that it has no number for (/proc/sys/kernel/overflowuid). */
const ANYBODY = 65_534;

/**
 * The OS user that we run as, where that tells one user from another: in a user namespace without us in it, as some containers are, we and
 * everybody else have the same number, and `same-user` would let all of them in.
 */
export function ownUid(uid: number | undefined = process.getuid?.()): number | undefined {
  return uid === ANYBODY ? undefined : uid;
}
