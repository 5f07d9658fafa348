import type { Dependencies } from '../../dependencies.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';

/** A sidecar that runs goes on with the file as it was. */
export async function sayReload(dependencies: Dependencies): Promise<void> {
  // Whether it can be asked is no matter of this command.
  const status = await sidecarStatus(dependencies).catch(() => undefined);
  if (status !== undefined) say(dependencies, 'The sidecar that runs does not know yet. Next: gprxy reload');
}
