import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Stops what this process started and removes what it created when this process is gone, however it went: a test
 * runner ends its workers with a signal, so that neither `finally` nor an `exit` listener would run.
 *
 * It is a shell that reads tasks from a pipe and does them at end of file. A line `-TASK` takes a task back.
 */
const SCRIPT = `
trap '' INT TERM HUP
tasks=
while IFS= read -r line; do
  case $line in
    -*) tasks=$(printf '%s\\n' "$tasks" | grep -vxF -e "\${line#-}") ;;
    *) tasks=$(printf '%s\\n%s' "$line" "$tasks") ;;
  esac
done
each() { printf '%s\\n' "$tasks" | while IFS=' ' read -r verb what; do "$@" "$verb" "$what"; done; }
stop() { case $1 in QUIT|TERM|KILL) kill -"$1" "$2" ;; esac; }
clear() { case $1 in REMOVE) rm -rf "$2" || { sleep 1; rm -rf "$2"; } ;; esac; }
each stop
each clear
`;

export type Task = `${'QUIT' | 'TERM' | 'KILL'} ${number}` | `REMOVE ${string}`;

let janitor: ChildProcess | undefined;

/** Leaves `task` to be done when this process ends. The returned function takes it back. */
export function leaveTask(task: Task): () => void {
  if (task.includes('\n')) throw new TypeError(`a task must be one line: ${JSON.stringify(task)}`);
  tell(task);
  return () => tell(`-${task}`);
}

/** Lets `child` live no longer than this process. */
export function leash<Child extends ChildProcess>(child: Child, signal: 'QUIT' | 'TERM' | 'KILL' = 'KILL'): Child {
  if (child.pid === undefined) return child;
  const takeBack = leaveTask(`${signal} ${child.pid}`);
  child.once('exit', takeBack);
  return child;
}

function tell(line: string): void {
  janitor ??= start();
  janitor.stdin?.write(`${line}\n`);
}

function start(): ChildProcess {
  // Detached: Ctrl-C in a terminal goes to the whole process group, and must not end the one who cleans up.
  const child = spawn('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    // Tests take programs out of PATH; this one needs grep and rm.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    detached: true,
  });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  child.stdin?.on('error', () => undefined);
  return child;
}
