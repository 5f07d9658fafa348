// Loaded into a process that is watched, before its own program: tells whoever connects to its socket what is left after garbage collection.
const { createServer } = require('node:net');
const { join } = require('node:path');
const { getHeapStatistics, setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

createServer((socket) => {
  collect();
  // What the first one freed may have held on to more, by way of finalizers.
  setImmediate(() => {
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    const { total_physical_size: v8Bytes } = getHeapStatistics();
    socket.end(JSON.stringify({ heapBytes: heapUsed + external, residentBytes: rss, v8Bytes }));
  });
})
  .listen(join(process.env.GPRXY_SOAK_DIRECTORY, `${process.pid}.sock`))
  .unref();
