package org.litestream4j.testsupport.s3;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

/**
 * Stands between clients and the server on a loopback port of its own, and can be taken
 * down and up again on the same port. Thread-safe.
 */
final class FaultProxy implements AutoCloseable {

	private final int upstreamPort;

	private final Faults faults;

	private final RequestLog log;

	private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "s3-fault-proxy");
		thread.setDaemon(true);
		return thread;
	});

	private int port;

	private @Nullable ServerSocket listener;

	private @Nullable Future<?> accepting;

	FaultProxy(int upstreamPort, Faults faults, RequestLog log) {
		this.upstreamPort = upstreamPort;
		this.faults = faults;
		this.log = log;
	}

	synchronized int port() {
		return this.port;
	}

	/** Listens; on the same port as before, if it did before. */
	synchronized void up() {
		if (this.listener != null) {
			return;
		}
		try {
			ServerSocket socket = new ServerSocket();
			socket.setReuseAddress(true);
			socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port), 512);
			this.port = socket.getLocalPort();
			this.listener = socket;
			this.accepting = this.threads.submit(() -> accept(socket));
		}
		catch (IOException ex) {
			throw new UncheckedIOException("the fault proxy cannot listen on port %d".formatted(this.port), ex);
		}
	}

	/** Refuses connections from now on, and resets the ones that are open. */
	synchronized void down() {
		if (this.listener != null) {
			closeQuietly(this.listener);
			this.listener = null;
			awaitPortIsFree();
		}
		this.connections.forEach(ProxiedConnection::reset);
	}

	/** The port is in use until the thread that accepts has left. */
	private void awaitPortIsFree() {
		Future<?> left = this.accepting;
		try {
			if (left != null) {
				left.get(1, TimeUnit.MINUTES);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new IllegalStateException("the fault proxy does not let its port go", ex);
		}
	}

	private void accept(ServerSocket socket) {
		while (!socket.isClosed()) {
			try {
				ProxiedConnection connection = new ProxiedConnection(socket.accept(), this.upstreamPort, this.faults,
						this.log);
				this.connections.add(connection);
				this.threads.execute(() -> {
					connection.run();
					this.connections.remove(connection);
				});
				if (socket.isClosed()) {
					connection.reset(); // accepted while going down
				}
			}
			catch (IOException ex) {
				if (!socket.isClosed()) {
					throw new UncheckedIOException(ex);
				}
			}
		}
	}

	@Override
	public void close() {
		down();
		this.threads.shutdownNow();
	}

	static void closeQuietly(AutoCloseable resource) {
		try {
			resource.close();
		}
		catch (Exception ex) {
			// it is gone either way
		}
	}

	/** Closes a connection so that the peer sees a reset, not an end. */
	static void reset(Socket socket) {
		try {
			socket.setSoLinger(true, 0);
		}
		catch (IOException ex) {
			// closed already
		}
		closeQuietly(socket);
	}

}
