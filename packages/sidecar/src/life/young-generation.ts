import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation as small as it is now (2 MiB in a process that has just started), instead of the 32 MiB that a hundred logins
 * at a time make of it and that stay resident. What a session allocates once it is in is next to nothing. For the whole process, and
 * for good: whoever runs a sidecar and nothing else asks for it. A V8 that does not know the flag says so on stderr and goes on.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
