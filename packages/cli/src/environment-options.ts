import type { Command, Option } from 'commander';
import type { Environment } from './terminal.ts';

/**
 * Takes the options that were not on the command line from the environment: `--client-id` from GPRXY_CLIENT_ID, `--no-open` from
 * GPRXY_NO_OPEN. (commander's own `.env()` reads the process's environment, which is ours to pass in.)
 */
export function applyEnvironmentOptions(command: Command, env: Environment): void {
  for (const option of command.options) {
    const value = env[environmentName(option)];
    const onCommandLine = command.getOptionValueSource(option.attributeName()) === 'cli';
    if (value && !onCommandLine) applyOption(command, option, value);
  }
}

function environmentName(option: Option): string {
  return `GPRXY_${(option.long ?? '').slice(2).replaceAll('-', '_').toUpperCase()}`;
}

function applyOption(command: Command, option: Option, value: string): void {
  const name = option.attributeName();
  if (option.isBoolean() || option.negate) {
    if (value !== '0' && value !== 'false') command.setOptionValueWithSource(name, !option.negate, 'env');
    return;
  }
  const parsed: unknown = option.parseArg ? option.parseArg(value, undefined) : value;
  command.setOptionValueWithSource(name, option.variadic ? [parsed].flat() : parsed, 'env');
}
