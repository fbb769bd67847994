package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

import org.jspecify.annotations.Nullable;

import org.apache.sshd.sftp.common.SftpException;

/**
 * A part of a file. Asks for what follows before it is read: for little at first, as most
 * files are small and some are closed early, and for ever more while it is read on. Not
 * thread-safe, but may be closed by another thread than the one that reads.
 */
final class SftpInputStream extends InputStream {

	/** What every server gives in one answer. */
	private static final int CHUNK = 32 * 1024;

	private static final int FIRST_REQUESTS = 2;

	private static final int MOST_REQUESTS = 32;

	/** How soon a read that waits sees that the stream was closed. */
	private static final Duration LOOK = Duration.ofMillis(100);

	private final SftpConnection connection;

	private final SftpErrors errors;

	private final Duration timeout;

	private final String path;

	private final byte[] handle;

	private final Deque<Request> pending = new ArrayDeque<>();

	private final Object lock = new Object();

	/** The first byte that is not asked for yet. */
	private long next;

	private long end;

	private int requests = FIRST_REQUESTS;

	private SftpChannel.@Nullable Data current;

	private int taken;

	/** Under the lock. */
	private boolean reading;

	private volatile boolean closed;

	/**
	 * Begins to read.
	 * @param handle of the open file; closed with this stream
	 * @param end the byte after the last one
	 */
	SftpInputStream(SftpConnection connection, SftpErrors errors, Duration timeout, String path, byte[] handle,
			long from, long end) {
		this.connection = connection;
		this.errors = errors;
		this.timeout = timeout;
		this.path = path;
		this.handle = handle;
		this.next = from;
		this.end = end;
		connection.use();
	}

	/** Asks for the first bytes, without waiting for them. */
	void ask() throws IOException {
		while (this.pending.size() < this.requests && this.next < this.end) {
			int length = (int) Math.min(CHUNK, this.end - this.next);
			this.pending.addLast(request(this.next, length));
			this.next += length;
		}
	}

	/** The file ends before what was asked for. */
	void cut(long size) {
		this.end = Math.min(this.end, size);
	}

	private Request request(long offset, int length) throws IOException {
		return new Request(this.connection.channel().sendRead(this.handle, offset, length), offset, length);
	}

	@Override
	public int read() throws IOException {
		byte[] one = new byte[1];
		return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
	}

	@Override
	public int read(byte[] bytes, int offset, int length) throws IOException {
		if (length == 0) {
			return 0;
		}
		synchronized (this.lock) {
			requireOpen();
			this.reading = true;
		}
		try {
			SftpChannel.Data data = data();
			if (data == null) {
				return -1;
			}
			int count = Math.min(length, data.length() - this.taken);
			System.arraycopy(data.array(), data.offset() + this.taken, bytes, offset, count);
			this.taken += count;
			return count;
		}
		finally {
			synchronized (this.lock) {
				this.reading = false;
				if (this.closed) {
					letGo();
				}
			}
		}
	}

	private void requireOpen() throws IOException {
		if (this.closed) {
			throw new IOException("Cannot read %s: the stream is closed".formatted(this.path));
		}
	}

	/** What is to be read next; null at the end. */
	private SftpChannel.@Nullable Data data() throws IOException {
		SftpChannel.Data data = this.current;
		if (data != null && this.taken < data.length()) {
			return data;
		}
		try {
			return following();
		}
		catch (SftpException ex) {
			throw this.errors.explain("read from", this.path, ex);
		}
		catch (IOException ex) {
			if (!this.closed && !SftpChannel.isInterrupt(ex)) {
				this.connection.breakOff();
			}
			throw this.errors.explain("read from", this.path, ex);
		}
	}

	private SftpChannel.@Nullable Data following() throws IOException {
		ask();
		while (!this.pending.isEmpty()) {
			Request request = this.pending.getFirst();
			if (request.offset() >= this.end) {
				return null;
			}
			SftpChannel.Data data = await(request);
			this.pending.removeFirst();
			if (data.length() == 0) {
				throw new SftpFailure("%s has become shorter while it was read".formatted(this.path), null);
			}
			if (data.length() < request.length()) {
				this.pending.addFirst(request(request.offset() + data.length(), request.length() - data.length()));
			}
			this.requests = Math.min(this.requests * 2, MOST_REQUESTS);
			ask();
			this.current = data;
			this.taken = 0;
			return data;
		}
		return null;
	}

	private SftpChannel.Data await(Request request) throws IOException {
		long deadline = System.nanoTime() + this.timeout.toNanos();
		while (true) {
			SftpChannel.Data data = this.connection.channel()
				.pollRead(request.id(), request.offset(), request.length(), LOOK);
			if (data != null) {
				return data;
			}
			requireOpen();
			if (System.nanoTime() - deadline > 0) {
				throw new SocketTimeoutException("no answer within %s".formatted(this.timeout));
			}
		}
	}

	/** Costs nothing: what was asked for is thrown away when it comes. */
	@Override
	public void close() {
		synchronized (this.lock) {
			if (this.closed) {
				return;
			}
			this.closed = true;
			if (!this.reading) {
				letGo();
			}
		}
	}

	private void letGo() {
		this.pending.forEach((request) -> this.connection.channel().abandon(request.id()));
		this.pending.clear();
		this.connection.channel().closeQuietly(this.handle);
		this.connection.done();
	}

	private record Request(int id, long offset, int length) {
	}

}
