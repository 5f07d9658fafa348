import type { Endpoint } from '../contender.ts';
import { resetPeak, usageOf } from '../process-usage.ts';

/** CPU time in ms that the relay's processes used while `work` ran; NaN where the system does not say. */
export async function cpuOf<Result>(endpoint: Endpoint, work: () => Promise<Result>): Promise<[Result, number]> {
  const before = total(endpoint, 'cpuMs');
  const result = await work();
  return [result, total(endpoint, 'cpuMs') - before];
}

/** MiB by which the relay's processes grew over `idleMiB` at their peak while `work` ran. */
export async function peakOver(idleMiB: number, endpoint: Endpoint, work: () => Promise<unknown>): Promise<number> {
  for (const pid of endpoint.pids) resetPeak(pid);
  await work();
  return total(endpoint, 'peakMiB') - idleMiB;
}

export const residentMiB = (endpoint: Endpoint): number => total(endpoint, 'residentMiB');

function total({ pids }: Endpoint, figure: 'cpuMs' | 'residentMiB' | 'peakMiB'): number {
  return pids.reduce((sum, pid) => sum + (usageOf(pid)?.[figure] ?? Number.NaN), 0);
}
