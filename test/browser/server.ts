import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const root = path.resolve(import.meta.dirname, '../..');
const binary = process.env.LIFEROOMS_BINARY || path.join(root, 'bin/liferooms');

/** Starts Life Rooms as `make dev` does, with data of its own, and gives back what stops it. */
export default async function start() {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: run make build first`);
  const data = await mkdtemp(path.join(tmpdir(), 'liferooms-browser-'));
  await chmod(data, 0o755); // Postgres may run as another user, who has to pass through
  const logs = path.join(import.meta.dirname, 'results');
  mkdirSync(logs, { recursive: true });
  const log = createWriteStream(path.join(logs, 'server.log'));

  // Only the app's own documents run, as in production: that they are all there is a part of the test.
  const server = spawn(binary, ['dev'], {
    env: { ...process.env, PORT: '0', LIFEROOMS_DATA: data, LIFEROOMS_TRUSTED_DOCUMENTS: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string>((resolve) => server.once('exit', (code, signal) => resolve(String(code ?? signal))));
  server.stderr.pipe(log);

  const ready = new Promise<string>((resolve) => {
    createInterface({ input: server.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      const url = line.match(/^Life Rooms is ready at (\S+)$/)?.[1];
      if (url) resolve(url);
    });
  });
  const early = ended.then(async (how) => {
    await rm(data, { recursive: true, force: true });
    throw new Error(`Life Rooms ended before it was ready (${how}); see ${logs}/server.log`);
  });
  process.env.LIFEROOMS_URL = await Promise.race([ready, early]);
  process.env.LIFEROOMS_DATA = data; // by which the command line finds the same database
  early.catch(() => undefined); // from here on it ends when it is told to

  return async () => {
    server.kill('SIGINT');
    const how = await ended;
    await rm(data, { recursive: true, force: true });
    if (how !== '0') throw new Error(`Life Rooms did not stop cleanly (${how}); see ${logs}/server.log`);
  };
}
