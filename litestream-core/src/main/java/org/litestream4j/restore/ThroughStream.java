package org.litestream4j.restore;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.store.StoredObject;

/**
 * An object that is fetched by one request, which is made at once. What was not read yet
 * waits in the buffers of its connection, which are none of the heap's: so where many are
 * read side by side in little memory, no request's latency is waited for but the first
 * one's. Not thread-safe.
 */
final class ThroughStream extends SideStream {

	private static final Logger logger = LoggerFactory.getLogger(ThroughStream.class);

	/** Read by whoever makes the request, so that it is made. */
	private static final int HEAD = 16 << 10;

	private final StoredObject object;

	private final ObjectFetcher fetcher;

	private final RestoreMeter meter;

	private final Opening opening;

	private final Future<byte[]> first;

	private byte @Nullable [] head;

	private long position;

	/**
	 * Begins to fetch.
	 * @param object as listed
	 * @param fetcher fetches it
	 * @param threads make the request
	 * @param meter asked while waiting whether to go on, and hears of bytes that were
	 * read
	 */
	ThroughStream(StoredObject object, ObjectFetcher fetcher, RestoreThreads threads, RestoreMeter meter) {
		this.object = object;
		this.fetcher = fetcher;
		this.meter = meter;
		Opening opened = new Opening(fetcher.openThrough(object));
		this.opening = opened;
		this.first = threads.submit(opened::readHead);
	}

	@Override
	public int read(byte[] bytes, int offset, int length) throws IOException {
		if (length == 0) {
			return 0;
		}
		byte[] begin = this.head;
		if (begin == null) {
			begin = RestoreThreads.await(this.first, this.meter);
			this.head = begin;
		}
		int count;
		if (this.position < begin.length) {
			count = Math.min(length, begin.length - (int) this.position);
			System.arraycopy(begin, (int) this.position, bytes, offset, count);
		}
		else {
			count = (this.position < this.object.size()) ? this.opening.in.read(bytes, offset, length) : -1;
		}
		if (count < 0) {
			IOException tooShort = (this.position < this.object.size()) ? this.fetcher.tooShort(this.object) : null;
			if (tooShort != null) {
				throw tooShort;
			}
			return -1;
		}
		this.position += count;
		this.meter.advance(count);
		return count;
	}

	@Override
	public void close() {
		this.first.cancel(true);
		this.opening.close();
	}

	/** What a thread of its own begins to read, and whoever comes last closes. */
	private static final class Opening {

		private final InputStream in;

		private boolean reading;

		private boolean closed;

		Opening(InputStream in) {
			this.in = in;
		}

		byte[] readHead() throws IOException {
			synchronized (this) {
				if (this.closed) {
					return new byte[0];
				}
				this.reading = true;
			}
			try {
				return this.in.readNBytes(HEAD);
			}
			finally {
				synchronized (this) {
					this.reading = false;
					if (this.closed) {
						closeInput();
					}
				}
			}
		}

		synchronized void close() {
			this.closed = true;
			if (!this.reading) {
				closeInput();
			}
		}

		private void closeInput() {
			try {
				this.in.close();
			}
			catch (IOException ex) {
				logger.debug("A connection was not closed in order", ex);
			}
		}

	}

}
