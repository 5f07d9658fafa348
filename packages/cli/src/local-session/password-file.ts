import { paths } from '@gprxy/sidecar';
import { configInput } from '../config-input.ts';
import type { Dependencies } from '../dependencies.ts';

/** A file as libpq's PGPASSFILE, with nothing in it but what the sidecar itself may ask for; need not exist. */
export function passwordFile(dependencies: Dependencies): string {
  return paths(configInput(dependencies)).passwordFile;
}
