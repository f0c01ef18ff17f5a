/**
 * TCP ports that guests listen at. Sockets with SO_REUSEPORT share one (socket(7)): the host knows a single listener, and
 * connections go round among those who listen.
 */
import { type Endpoint, type HostConnection, HostListener } from '../host/net.js';

/** A socket that is bound to a port. */
export interface PortMember {
  /** Whether it listens. */
  readonly accepts: boolean;
  arrived(connection: HostConnection): void;
}

const shared = new Map<string, TcpPort>();

const keyOf = ({ host, port }: Endpoint): string => `${host} ${port}`;

export class TcpPort {
  readonly #listener: HostListener;
  readonly #members: PortMember[] = [];
  /** Where others find it; undefined: it is not shared. */
  #key: string | undefined;
  #turn = 0;

  private constructor() {
    this.#listener = new HostListener(() => this.#arrived());
  }

  /** A shared port that `member` joins; undefined when there is none at `at`. */
  static join(member: PortMember, at: Endpoint): TcpPort | undefined {
    const port = shared.get(keyOf(at));
    if (port !== undefined) port.#members.push(member);
    return port;
  }

  /**
   * Binds and listens, which the host does in one: until a member listens, too, who connects is turned away.
   *
   * @returns the port and what was bound, or -errno
   */
  static async open(
    member: PortMember,
    at: Endpoint,
    ipv6Only: boolean,
    share: boolean,
  ): Promise<{ readonly port: TcpPort; readonly bound: Endpoint } | number> {
    const port = new TcpPort();
    const bound = await port.#listener.listenAt(at, 511, ipv6Only, share);
    if (typeof bound === 'number') return bound;
    port.#members.push(member);
    if (share) shared.set((port.#key = keyOf({ host: at.host, port: bound.port })), port);
    return { port, bound };
  }

  #arrived(): void {
    const connection = this.#listener.accept();
    if (connection === undefined) return;
    const able = this.#members.filter((member) => member.accepts);
    const next = able[this.#turn++ % Math.max(1, able.length)];
    if (next === undefined) connection.close(true);
    else next.arrived(connection);
  }

  /** Whether anybody listens. */
  get served(): boolean {
    return this.#members.some((member) => member.accepts);
  }

  /** Waiting for a connection is a reason to go on living. */
  await(): void {
    this.#listener.ref(true);
  }

  /** The last one to leave closes the port. */
  leave(member: PortMember): void {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
    if (this.#members.length > 0) return;
    if (this.#key !== undefined) shared.delete(this.#key);
    this.#listener.close();
  }
}
