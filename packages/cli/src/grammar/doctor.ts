import type { Command } from 'commander';
import type { CommonOptions } from '../invocation.ts';
import { addCommand, type Run } from './command.ts';

/** `atriz doctor` */
export function addDoctorCommand(program: Command, run: Run): void {
  addCommand(program, 'doctor', 'find what is miswired in the workspace, and say the mend').action(
    async (options: CommonOptions) => run(options, (await import('../commands/doctor.ts')).doctor),
  );
}
