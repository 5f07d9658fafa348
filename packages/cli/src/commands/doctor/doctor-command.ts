import type { Command } from 'commander';
import { jsonOption, profileOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface DoctorOptions {
  readonly profile?: string;
  readonly json?: boolean;
}

const description = `Check everything a connection depends on: the configuration, the token store, the identity provider, the clock, the login,
the upstream's certificate, a real login there, the sidecar and its ports. Each finding comes with what to type next. Nothing is changed,
but for a login that is renewed as any connection would.
The exit code is that of the first problem; warnings leave it 0.`;

export function defineDoctor(program: Command, doctor: (options: DoctorOptions) => Promise<number>): void {
  const command = program
    .command('doctor')
    .summary('find out what is wrong')
    .description(description)
    .addOption(profileOption())
    .addOption(jsonOption())
    .action(async (options: DoctorOptions) => {
      await doctor(options);
    });
  withExamples(command, ['gprxy doctor', 'gprxy doctor --profile prod', 'gprxy doctor --json']);
}
