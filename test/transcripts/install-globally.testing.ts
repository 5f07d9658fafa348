import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '@gprxy/testkit';
import { stagePackage } from '../../scripts/bundle.mjs';

const run = promisify(execFile);

export interface GlobalInstallation extends AsyncDisposable {
  /** The directory to put in PATH. */
  readonly bin: string;
  readonly version: string;
}

/** `npm install --global` of what `npm pack` makes of the sources of this moment, to a place of its own. */
export async function installGlobally(): Promise<GlobalInstallation> {
  const directory = await temporaryDirectory({ prefix: 'gprxy-installed-' });
  const [staged, prefix] = [join(directory.path, 'staged'), join(directory.path, 'prefix')];
  await stagePackage('cli', staged);
  await mkdir(prefix);
  // Without its scripts: they would bundle into the sources, where other tests may read at this moment.
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory.path];
  const { stdout } = await run('npm', pack, { cwd: staged });
  const tarball = join(directory.path, stdout.trim().split('\n').at(-1) ?? '');
  await run('npm', ['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund', tarball]);
  const { version } = JSON.parse(await readFile(join(staged, 'package.json'), 'utf8'));
  return { version, bin: join(prefix, 'bin'), [Symbol.asyncDispose]: () => directory.remove() };
}
