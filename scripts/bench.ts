// The benchmark: `npm run bench`, or one part of it with `npm run bench -- relay`.
import { main } from '../bench/main.ts';

process.exitCode = await main(process.argv.slice(2));
