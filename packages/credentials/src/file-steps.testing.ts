import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

type Reach = (step: string) => Promise<void>;

/** From now on this process says where it is when it writes the login's file: "torn", "whole", and "unlock" at the end. */
export function reachStepsOfFiles(reach: Reach): void {
  const { open, rename, unlink } = fs;
  const isLogin = (path: unknown) => /prod\.json(\.[\w-]+\.tmp)?$/.test(String(path));
  fs.open = async (path, ...rest) => {
    const file = await open(path, ...rest);
    return isLogin(path) && rest[0] === 'wx' ? inTwoSteps(file, reach) : file;
  };
  fs.rename = async (from, to) => {
    if (isLogin(to)) await reach('whole');
    await rename(from, to);
  };
  fs.unlink = async (path) => {
    if (String(path).endsWith('prod.lock')) await reach('unlock');
    await unlink(path);
  };
  syncBuiltinESMExports();
}

function inTwoSteps(file: FileHandle, reach: Reach): FileHandle {
  const write = file.writeFile.bind(file);
  file.writeFile = async (data) => {
    const text = String(data);
    await write(text.slice(0, text.length / 2));
    await file.sync();
    await reach('torn');
    await write(text.slice(text.length / 2));
  };
  return file;
}
