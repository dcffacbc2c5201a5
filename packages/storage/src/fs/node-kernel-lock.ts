/**
 * A lock that the kernel gives back when its holder dies, made of what Node can do without native code: on Linux an
 * abstract unix socket, a name that exists only as long as somebody is bound to it.
 *
 * Binding happens inside `listen`, so success is known when it returns; only the reason of a failure comes later, as
 * an event. The name counts within one network namespace. Any local user may bind any name, so a stranger can keep a
 * lock from being taken, but never make two processes hold it.
 *
 * The module is loaded when a lock is taken: who only reads takes none, and need not wait for it.
 */

import { readFileSync } from 'node:fs';

/** A name that is held until `release`, or until the thread that took it ends, however it ends. */
export interface KernelLock {
  release(): void;
}

/**
 * Takes the lock `name` (ASCII letters, digits, `-`, at most 100 bytes). Returns `'busy'` if somebody has it, in this
 * process or another, and `'unavailable'` where the platform has no such lock or refuses us one.
 */
export function acquireKernelLock(name: string): KernelLock | 'busy' | 'unavailable' {
  if (process.platform !== 'linux') return 'unavailable';
  const { createServer } = process.getBuiltinModule('node:net');
  const server = createServer((connection) => connection.destroy());
  // The reason of a failure, which arrives after this call returned; without a listener it would end the process.
  server.on('error', () => {});
  // Exclusive: in a worker of `node:cluster` the primary would bind instead, and give the same socket to all.
  server.listen({ path: `\0${name}`, exclusive: true });
  if (!server.listening) return isBound(name) ? 'busy' : 'unavailable';
  server.unref();
  return { release: () => void server.close() };
}

/** Whether the kernel lists somebody as bound to `name`. If it does not let us look, binding failed for that reason. */
function isBound(name: string): boolean {
  let sockets: string;
  try {
    sockets = readFileSync('/proc/net/unix', 'latin1');
  } catch {
    return true;
  }
  // The kernel prints the zero bytes of a name as @, and some versions of the runtime pad the name with them.
  const bound = new RegExp(` @${name}@*$`, 'm');
  return bound.test(sockets);
}
