import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, systemFolders } from '../../meters/proc-file.ts';

const loopback = /^(localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/;
/** `TCP_LISTEN` in /proc/net/tcp. */
const listening = '0A';

/** Inodes of the sockets that listen on a port of this machine. */
function listeningInodes(port: number, proc: string): ReadonlySet<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['net/tcp', 'net/tcp6']) {
    for (const line of (readIfThere(join(proc, table)) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === listening && fields[1]?.endsWith(`:${wanted}`) === true) inodes.add(fields[9] ?? '');
    }
  }
  return inodes;
}

function holdsSocket(proc: string, pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(join(proc, pid, 'fd')).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(join(proc, pid, 'fd', fd)))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch (error) {
    // Another user's, or it ended while it was looked at.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/**
 * Processes of this machine that listen at a server's address: whose memory and CPU time are the engine's. Empty for
 * servers elsewhere, and where the system doesn't tell.
 */
export function localServerProcesses(baseUrl: string, proc: string = systemFolders.proc): readonly number[] {
  const { hostname, port, protocol } = new URL(baseUrl);
  if (!loopback.test(hostname)) return [];
  const inodes = listeningInodes(Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port), proc);
  if (inodes.size === 0) return [];
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name) && holdsSocket(proc, name, inodes))
    .map(Number);
}
