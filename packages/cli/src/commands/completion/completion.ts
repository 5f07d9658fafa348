import type { Dependencies } from '../../dependencies.ts';
import { completionScripts } from './completion-scripts.ts';
import type { ShellName } from './shells.ts';

export async function completion(shell: ShellName, { stdout }: Dependencies): Promise<void> {
  stdout.write(completionScripts[shell]);
}
