package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * The connections to one server, shared by all stores of equal access. One carries the
 * requests of many calls at once, so that no call waits for another to be done, and none
 * waits for ever: a call takes the one with the least to do, and another one is opened
 * while all have something to do and there may be more. One that broke is forgotten.
 * Thread-safe.
 */
final class SftpConnections {

	private static final Map<SftpAccess, SftpConnections> SHARED = new HashMap<>();

	private final SftpAccess access;

	private final SftpConnector connector;

	// All below under this object's monitor, but for users, which is under the class's

	private final List<SftpConnection> open = new ArrayList<>();

	private int beginning;

	private boolean closed;

	private int users;

	private SftpConnections(SftpAccess access) {
		this.access = access;
		this.connector = new SftpConnector(access);
	}

	/** Those of an access, to be {@linkplain #release released}. Connects to nothing. */
	static SftpConnections shared(SftpAccess access) {
		synchronized (SftpConnections.class) {
			SftpConnections connections = SHARED.computeIfAbsent(access, SftpConnections::new);
			connections.users++;
			return connections;
		}
	}

	/** One user less; the last one closes them. */
	void release() {
		synchronized (SftpConnections.class) {
			this.users--;
			if (this.users > 0) {
				return;
			}
			SHARED.remove(this.access, this);
		}
		List<SftpConnection> last;
		synchronized (this) {
			this.closed = true;
			last = List.copyOf(this.open);
			this.open.clear();
			notifyAll();
		}
		last.forEach(SftpConnection::close);
		this.connector.close();
	}

	SftpAccess access() {
		return this.access;
	}

	/**
	 * A connection, to be {@linkplain SftpConnection#done given back}.
	 * @param freshness whether it may have been used before
	 * @throws SftpFailure if there is none, and none can be opened
	 */
	SftpConnection acquire(Freshness freshness) throws IOException {
		synchronized (this) {
			while (true) {
				if (this.closed) {
					throw new SftpFailure("the store is closed", null);
				}
				Optional<SftpConnection> idlest = idlest();
				boolean more = this.open.size() + this.beginning < this.access.connections();
				if (freshness == Freshness.NEW || (more && (idlest.isEmpty() || idlest.get().uses() > 0))) {
					this.beginning++;
					break;
				}
				if (idlest.isPresent()) {
					idlest.get().use();
					return idlest.get();
				}
				await();
			}
		}
		return begin();
	}

	private Optional<SftpConnection> idlest() {
		this.open.removeIf((connection) -> !connection.isUsable());
		return this.open.stream().min(Comparator.comparingInt(SftpConnection::uses));
	}

	/** All there may be are being opened by others. The caller looks again. */
	@SuppressWarnings("WaitNotInLoop")
	private void await() throws InterruptedIOException {
		try {
			wait(this.access.connectTimeout().toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("interrupted while waiting for a connection");
		}
	}

	private SftpConnection begin() throws IOException {
		SftpConnection connection = null;
		try {
			connection = this.connector.connect();
			return connection;
		}
		finally {
			boolean keep = settle(connection);
			if (!keep && connection != null) {
				connection.close();
			}
		}
	}

	private synchronized boolean settle(@Nullable SftpConnection connection) {
		this.beginning--;
		notifyAll();
		if (connection == null || this.closed) {
			return false;
		}
		this.open.add(connection);
		connection.use();
		return true;
	}

	/** Whether a connection may have been used before. */
	enum Freshness {

		/** Any will do. */
		ANY,

		/** Nothing that went wrong before can have harmed it. */
		NEW

	}

}
