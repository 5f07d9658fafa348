import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { pino } from 'pino';
import { serve } from './commands/serve.ts';
import { ConfigError } from './config/config-error.ts';
import { loadConfig } from './config.ts';

const readText = (path: string): string => readFileSync(path, 'utf8');

/** The gprxy-gateway command: bin/gprxy-gateway.mjs calls it with the version of the package. */
export async function main(version: string): Promise<void> {
  const program = new Command('gprxy-gateway')
    .description('Lets people into PostgreSQL by their company login, each as himself.')
    .version(version)
    .showHelpAfterError()
    .exitOverride();
  program
    .command('serve')
    .description('verify tokens and serve, until SIGTERM')
    .requiredOption('--config <file>', 'the TOML file')
    .action(async ({ config: path }: { config: string }) => {
      const config = loadConfig({ path, env: process.env, readFile: readText });
      const log = pino(
        { base: null, timestamp: pino.stdTimeFunctions.isoTime },
        pino.destination({ dest: 2, sync: true }),
      );
      await serve(config, { log, stdout: process.stdout, readFile: readText, now: Date.now, signals: process });
    });
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`gprxy-gateway: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
    process.exitCode = 3;
  }
}
