import { readdir, readFile } from 'node:fs/promises';

/** What any process of the same user can read of the others: arguments and environment of all whose HOME is `home`. */
export async function argumentsAndEnvironments(home: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [environment, commandLine] = [await read('environ'), await read('cmdline')];
      return environment.split('\0').includes(`HOME=${home}`) ? [`${commandLine}\n${environment}`] : [];
    }),
  );
  return found.flat();
}
