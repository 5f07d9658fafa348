// A process for janitor.test.ts to kill: owns a directory and a program, and once owned the directory of its argument.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leash, leaveTask } from './janitor.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const [kept = ''] = process.argv.slice(2);
leaveTask(`REMOVE ${kept}`)();
const directory = await temporaryDirectory();
writeFileSync(join(directory.path, 'file'), '');
const child = leash(spawn('sleep', ['600'], { stdio: 'ignore', detached: true }));
process.stdout.write(`${JSON.stringify({ directory: directory.path, pid: child.pid })}\n`);
