import type { Lsn } from './lsn.ts';
import { readSnapshot } from './snapshot-text.ts';
import type { Commit } from './wal-records.ts';

/** The commits of a stretch of write-ahead log, as one snapshot sees them. */
export interface SeenCommits {
  /** Takes the next commits, in their order. */
  add(commits: readonly Commit[]): void;
  /**
   * Where to stop replaying so that exactly what the snapshot sees is committed: before the first commit that it does
   * not see, else at `end`. `undefined` when it sees a later commit but not an earlier one.
   */
  target(end: Lsn): Lsn | undefined;
}

/**
 * Holds snapshots against the order of commits in the write-ahead log. A transaction is in the log an instant before
 * others see it, and of two that commit at the same time the second in the log may be seen first: a snapshot of that
 * instant is none of the states that a recovery can stop at, and a younger one has to be taken.
 *
 * Commits that one snapshot saw are forgotten, since a younger one sees them too.
 */
export function createCommitOrder(): { under(snapshot: string): SeenCommits } {
  let unseen: Commit[] = [];
  return {
    under(snapshot) {
      const sees = readSnapshot(snapshot);
      const earlier = unseen;
      unseen = [];
      let lastSeen: Lsn | undefined;
      const add = (commits: readonly Commit[]): void => {
        for (const commit of commits) {
          if (sees(commit.xid)) lastSeen = commit.lsn;
          else unseen.push(commit);
        }
      };
      add(earlier);
      return {
        add,
        target(end) {
          const first = unseen[0]?.lsn ?? end;
          return lastSeen === undefined || lastSeen < first ? first : undefined;
        },
      };
    },
  };
}
