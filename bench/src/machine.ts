import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { PEERS } from './peers.ts';

/** What the figures depend on; nothing that tells whose machine it is. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly disk: string;
  readonly node: string;
  readonly postgresql: string;
  /** The peers that npm brings, each with its version. */
  readonly peers: string;
}

/** The types that `statfs` gives as numbers (Linux, statfs(2)); on tmpfs a COMMIT waits for no disk. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x58_46_53_42: 'xfs',
  0x91_23_68_3e: 'btrfs',
  0x01_02_19_94: 'tmpfs (a COMMIT waits for no disk)',
  0xef_53: 'ext4',
  0x79_4c_76_30: 'overlayfs',
};

export async function describeMachine(dataDirectory: string, postgresql: string): Promise<Machine> {
  const { type: fileSystem } = await statfs(dataDirectory);
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${await distribution()}, kernel ${release().split('-')[0]}`,
    disk: FILE_SYSTEMS[fileSystem] ?? `file system 0x${fileSystem.toString(16)}`,
    node: process.versions.node,
    postgresql,
    peers: PEERS,
  };
}

async function distribution(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? type();
}
