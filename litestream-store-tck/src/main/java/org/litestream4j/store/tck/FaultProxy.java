package org.litestream4j.store.tck;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Stands between a store and its server, on this machine's loopback address, and cuts,
 * delays and stalls connections when it is asked to. Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {

	private static final int CHUNK = 8192;

	/** Small: what is on the way when a connection breaks is to be little. */
	private static final int SOCKET_BUFFER = 16 * 1024;

	private final InetSocketAddress server;

	private final int port;

	// All below under this object's monitor

	private @Nullable ServerSocket listener;

	private @Nullable Thread accepting;

	private final Set<Socket> sockets = new HashSet<>();

	private final Map<Direction, Deque<Long>> cuts = new EnumMap<>(Direction.class);

	private final Map<Direction, Long> passed = new EnumMap<>(Direction.class);

	private Duration delay = Duration.ZERO;

	private boolean stalled;

	/** One way only, once so many more bytes have passed. */
	private final Map<Direction, Long> stalls = new EnumMap<>(Direction.class);

	private int connections;

	/**
	 * Begins to listen on a free port.
	 * @param server where to pass on what arrives
	 * @throws IOException if no port is free
	 */
	public FaultProxy(InetSocketAddress server) throws IOException {
		this.server = server;
		for (Direction direction : Direction.values()) {
			this.cuts.put(direction, new ArrayDeque<>());
			this.passed.put(direction, 0L);
		}
		this.port = listen(0);
	}

	/**
	 * {@return the address where the store is to go}
	 */
	public InetSocketAddress address() {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port);
	}

	/**
	 * {@return how many connections there have been so far}
	 */
	public synchronized int connections() {
		return this.connections;
	}

	/**
	 * {@return how many bytes have passed one way so far}
	 * @param direction which way
	 */
	public synchronized long passed(Direction direction) {
		return this.passed.getOrDefault(direction, 0L);
	}

	/**
	 * Cuts all connections when so many more bytes have passed, whichever they pass
	 * through. Asked again, once more after that many bytes from then on.
	 * @param direction which way the bytes are counted
	 * @param bytes from 0: with the next byte, which does not arrive
	 */
	public synchronized void cutAfter(Direction direction, long bytes) {
		cuts(direction).add(bytes);
	}

	/** Cuts all connections; new ones are welcome. */
	public synchronized void cut() {
		this.sockets.forEach(FaultProxy::reset);
		this.sockets.clear();
		notifyAll();
	}

	/**
	 * Cuts all connections, and refuses new ones.
	 * @throws IOException if the port cannot be closed
	 */
	public void refuse() throws IOException {
		Thread leaving;
		synchronized (this) {
			leaving = this.accepting;
			if (this.listener != null) {
				this.listener.close();
				this.listener = null;
			}
		}
		awaitEnd(leaving);
		cut();
	}

	/** One more may be accepted while the socket is being closed. */
	private static void awaitEnd(@Nullable Thread accepting) throws InterruptedIOException {
		try {
			if (accepting != null) {
				accepting.join();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("interrupted while the port was being closed");
		}
	}

	/** Passes nothing on, but keeps connections, and lets new ones begin. */
	public synchronized void stall() {
		this.stalled = true;
	}

	/**
	 * Passes nothing more on one way once so many more bytes have passed, whichever they
	 * pass through, until it {@linkplain #behave behaves}: then the rest arrives, however
	 * late, and whether or not somebody still waits for an answer.
	 * @param direction which way the bytes are counted, and held back
	 * @param bytes from 0: before the next byte
	 */
	public synchronized void stallAfter(Direction direction, long bytes) {
		this.stalls.put(direction, bytes);
	}

	/**
	 * Waits before it passes on what has arrived.
	 * @param delay waited once for each piece that arrives, either way
	 */
	public synchronized void delay(Duration delay) {
		this.delay = delay;
	}

	/**
	 * Behaves from now on. What has been stalled arrives.
	 * @throws IOException if it cannot listen on its port again
	 */
	public synchronized void behave() throws IOException {
		this.cuts.values().forEach(Deque::clear);
		this.stalled = false;
		this.stalls.clear();
		this.delay = Duration.ZERO;
		if (this.listener == null) {
			listen(this.port);
		}
		notifyAll();
	}

	@Override
	public void close() throws IOException {
		refuse();
	}

	private Deque<Long> cuts(Direction direction) {
		return this.cuts.computeIfAbsent(direction, (missing) -> new ArrayDeque<>());
	}

	private synchronized int listen(int wanted) throws IOException {
		ServerSocket socket = new ServerSocket();
		socket.setReuseAddress(true);
		socket.setReceiveBufferSize(SOCKET_BUFFER);
		socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 100);
		this.listener = socket;
		this.accepting = start("accept", () -> accept(socket));
		return socket.getLocalPort();
	}

	private void accept(ServerSocket socket) {
		try {
			while (true) {
				Socket client = socket.accept();
				Socket onward = new Socket();
				synchronized (this) {
					this.connections++;
					this.sockets.addAll(List.of(client, onward));
				}
				start("connect", () -> connect(client, onward));
			}
		}
		catch (IOException ex) {
			// closed: it refuses
		}
	}

	private void connect(Socket client, Socket onward) {
		try {
			client.setTcpNoDelay(true);
			client.setSendBufferSize(SOCKET_BUFFER);
			onward.setTcpNoDelay(true);
			onward.setSendBufferSize(SOCKET_BUFFER);
			onward.connect(this.server, 10_000);
			start("up", () -> pass(Direction.TO_SERVER, client, onward));
			start("down", () -> pass(Direction.TO_STORE, onward, client));
		}
		catch (IOException ex) {
			forget(client, onward);
		}
	}

	private void pass(Direction direction, Socket from, Socket to) {
		byte[] chunk = new byte[CHUNK];
		try {
			InputStream in = from.getInputStream();
			OutputStream out = to.getOutputStream();
			for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
				int done = 0;
				while (done < read) {
					Allowed allowed = allow(direction, read - done, from);
					if (allowed.bytes() < 0) {
						return;
					}
					out.write(chunk, done, allowed.bytes());
					done += allowed.bytes();
					if (allowed.thenCut()) {
						cut();
						return;
					}
				}
			}
			to.shutdownOutput();
		}
		catch (IOException ex) {
			forget(from, to);
		}
	}

	/** Waits while the bytes may not pass. */
	private synchronized Allowed allow(Direction direction, int bytes, Socket socket) throws IOException {
		try {
			if (!this.delay.isZero()) {
				long end = System.nanoTime() + this.delay.toNanos();
				for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
					wait(Math.max(left / 1_000_000, 1));
				}
			}
			while ((this.stalled || Long.valueOf(0).equals(this.stalls.get(direction)))
					&& this.sockets.contains(socket)) {
				wait();
			}
		}
		catch (InterruptedException ex) {
			return Allowed.NOTHING;
		}
		if (!this.sockets.contains(socket)) {
			return Allowed.NOTHING;
		}
		Allowed allowed = allowed(direction, bytes);
		this.passed.merge(direction, (long) allowed.bytes(), Long::sum);
		return allowed;
	}

	private Allowed allowed(Direction direction, int bytes) {
		Deque<Long> planned = cuts(direction);
		Long untilCut = planned.poll();
		if (untilCut != null && untilCut < bytes) {
			return new Allowed(untilCut.intValue(), true);
		}
		if (untilCut != null) {
			planned.addFirst(untilCut - bytes);
		}
		Long untilStall = this.stalls.get(direction);
		if (untilStall == null) {
			return new Allowed(bytes, false);
		}
		int allowed = (int) Math.min(bytes, untilStall);
		this.stalls.put(direction, untilStall - allowed);
		return new Allowed(allowed, false);
	}

	private synchronized void forget(Socket... broken) {
		for (Socket socket : broken) {
			reset(socket);
			this.sockets.remove(socket);
		}
	}

	/** So that the other end hears of it at once, whatever is on the way. */
	private static void reset(Socket socket) {
		try {
			socket.setSoLinger(true, 0);
		}
		catch (IOException ex) {
			// closed already
		}
		try {
			socket.close();
		}
		catch (IOException ex) {
			// it is closed all the same
		}
	}

	private static Thread start(String what, Runnable task) {
		Thread thread = new Thread(task, "fault-proxy-" + what);
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

	/**
	 * What may pass.
	 *
	 * @param bytes how many; -1 if nothing may any more
	 * @param thenCut whether all connections are cut after them
	 */
	private record Allowed(int bytes, boolean thenCut) {

		/** The connection is cut meanwhile. */
		static final Allowed NOTHING = new Allowed(-1, true);

	}

	/** Which way bytes go. */
	public enum Direction {

		/** What the store sends. */
		TO_SERVER,

		/** What the server answers. */
		TO_STORE

	}

}
