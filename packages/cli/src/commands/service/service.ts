import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { fixedAddresses, type Profile } from '@gprxy/sidecar';
import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { print, say } from '../../say.ts';
import { profilesToServe } from '../start/profiles-to-serve.ts';
import { startArguments } from '../start/start-arguments.ts';
import { stopRunning } from '../stop/stop.ts';
import type { ServiceInstallOptions, ServiceUninstallOptions } from './service-command.ts';
import type { CommandLine, ServiceDefinition } from './service-definition.ts';
import { serviceOf } from './service-of.ts';

/** What could not be started is not installed. */
export async function installService(options: ServiceInstallOptions, dependencies: Dependencies): Promise<number> {
  const { profiles } = await profilesToServe(options.profile, dependencies);
  const service = await serviceOf(startArguments({ ...options, watch: true }), socketsOf(profiles), dependencies);
  if (options.dryRun) {
    say(dependencies, `Would write ${service.file}:`);
    print(dependencies, service.text.replace(/^\ufeff/, '').trimEnd());
    const { file, text } = service.socket ?? {};
    if (text !== undefined) {
      say(dependencies, `Would write ${file}:`);
      print(dependencies, text.trimEnd());
    }
    sayCommands(service.install, dependencies);
    return ExitCode.Ok;
  }
  await requireService(service, dependencies);
  await stopRunning({}, dependencies);
  await mkdir(dirname(service.file), { recursive: true });
  await writeFile(service.file, service.text, service.encoding);
  const { socket } = service;
  if (socket?.text !== undefined) await writeFile(socket.file, socket.text);
  await runAll(service.install, dependencies);
  say(dependencies, `Installed and started: ${service.file}`, ...service.notes, `Log: ${service.log}`);
  return ExitCode.Ok;
}

export async function uninstallService(options: ServiceUninstallOptions, dependencies: Dependencies): Promise<number> {
  const service = await serviceOf([], [], dependencies);
  if (options.dryRun) {
    sayCommands(service.uninstall, dependencies);
    say(dependencies, `Would remove ${service.file}.`);
    return ExitCode.Ok;
  }
  if (!(await isInstalled(service))) {
    say(dependencies, `There is no ${service.kind} of gprxy.`);
    return ExitCode.Ok;
  }
  await removeSocket(service, dependencies);
  const [stop, ...rest] = service.uninstall;
  if (stop) await run(stop, dependencies);
  await rm(service.file, { force: true });
  for (const command of rest) await run(command, dependencies);
  say(dependencies, `Stopped and removed: ${service.file}`);
  return ExitCode.Ok;
}

/** First: or the next client would start what has just been stopped. */
async function removeSocket({ socket }: ServiceDefinition, dependencies: Dependencies): Promise<void> {
  if (socket === undefined || !(await exists(socket.file))) return;
  await run(socket.uninstall, dependencies);
  await rm(socket.file, { force: true });
}

/** A machine without IPv6 could not listen on all that loopback means. */
function socketsOf(profiles: readonly Profile[]): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
  const all = profiles.flatMap(({ listen }) => listen.flatMap(fixedAddresses));
  return addresses.includes('::1') ? all : all.filter((address) => !address.startsWith('[::1]:'));
}

export async function serviceStatus(dependencies: Dependencies): Promise<number> {
  const service = await serviceOf([], [], dependencies);
  if (!(await isInstalled(service))) {
    say(dependencies, `There is no ${service.kind} of gprxy.`, '  Run "gprxy service install".');
    return ExitCode.Unexpected;
  }
  say(dependencies, `File: ${service.file}`, `Log: ${service.log}`);
  return (await run(service.status, dependencies)) === 0 ? ExitCode.Ok : ExitCode.Unexpected;
}

/** Restarts the sidecar through the system that looks after it; undefined where none does. */
export async function restartService(dependencies: Dependencies): Promise<number | undefined> {
  const service = await serviceOf([], [], dependencies).catch(() => undefined);
  if (service === undefined || !(await isInstalled(service))) return undefined;
  await runAll(service.restart, dependencies);
  say(dependencies, `Restarted the ${service.kind}.`, `Log: ${service.log}`);
  return ExitCode.Ok;
}

const isInstalled = ({ file }: ServiceDefinition) => exists(file);

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function requireService({ kind, probe }: ServiceDefinition, dependencies: Dependencies): Promise<void> {
  if ((await run(probe, dependencies, true)) === 0) return;
  throw new CliError(`there is nothing here that would run a ${kind}`, {
    code: 'ERR_SERVICE',
    detail: `"${probe.join(' ')}" fails: in a container, or logged in without a session of your own.`,
    hint: 'Run "gprxy start --detach" instead, or have something else run "gprxy start".',
  });
}

async function runAll(commands: readonly CommandLine[], dependencies: Dependencies): Promise<void> {
  for (const command of commands) {
    const exitCode = await run(command, dependencies);
    if (exitCode === 0) continue;
    throw new CliError(`"${command.join(' ')}" failed (${exitCode ?? 'there is no such program'})`, {
      code: 'ERR_SERVICE',
      hint: 'What it said is above; "gprxy service uninstall" removes what was installed.',
    });
  }
}

async function run(
  [command, ...args]: CommandLine,
  { runProgram, env }: Dependencies,
  quiet = false,
): Promise<number | undefined> {
  return runProgram({ command, args, env, ...(quiet && { quiet }) });
}

function sayCommands(commands: readonly CommandLine[], dependencies: Dependencies): void {
  for (const command of commands) say(dependencies, `Would run ${command.join(' ')}`);
}
