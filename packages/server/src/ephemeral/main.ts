import { createInterface } from 'node:readline';
import { removeEphemeral } from './removal.ts';

/** The guard's process: waits for the end of its input, which is the end of its parent, and cleans up after it. */
const [directory, dataDirectory] = process.argv.slice(2);
if (directory === undefined || dataDirectory === undefined) throw new Error('usage: main <directory> <data directory>');

let pid: number | undefined;
for await (const line of createInterface({ input: process.stdin })) pid = Number(line);
await removeEphemeral({ directory, dataDirectory, pid });
