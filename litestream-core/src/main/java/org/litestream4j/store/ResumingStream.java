package org.litestream4j.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An object, or a range of it, as a stream that outlives its connections: see
 * {@link ObjectReader}. Opened by the first read. Not thread-safe.
 */
final class ResumingStream extends InputStream {

	private static final Logger logger = LoggerFactory.getLogger(ResumingStream.class);

	/** Skipping fewer bytes than this is faster by reading them. */
	private static final long SHORT_SKIP = 256 << 10;

	private final ObjectReader reader;

	/** As asked for; then as it was when it was first opened. */
	private StoredObject object;

	private boolean known;

	/** The byte after the last one, as asked for. */
	private final long to;

	private final long from;

	/** Null between two connections. */
	private StallGuard.@Nullable Watched connection;

	private long position;

	private int failures;

	private final ReadPace pace = new ReadPace();

	/**
	 * Creates a stream. Does no I/O.
	 * @param from the first byte
	 * @param to the byte after the last one, or {@link StoredObject#END}; cut at the
	 * object's end
	 */
	ResumingStream(ObjectReader reader, StoredObject object, long from, long to) {
		this.reader = reader;
		this.object = object;
		this.from = from;
		this.position = from;
		this.to = to;
	}

	/** Opens it now, and says what is there. */
	StoredObject opened() throws IOException {
		while (!this.known) {
			try {
				connect();
			}
			catch (IOException ex) {
				failed(ex);
			}
		}
		return this.object;
	}

	@Override
	public int read() throws IOException {
		byte[] one = new byte[1];
		return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
	}

	@Override
	public int read(byte[] bytes, int offset, int count) throws IOException {
		if (count == 0) {
			return 0;
		}
		while (!this.known || this.position < end()) {
			long askedAt = this.reader.nanoTime();
			int read = -1;
			IOException failure = null;
			try {
				StallGuard.Watched open = connect();
				if (this.position >= end()) {
					break;
				}
				askedAt = this.reader.nanoTime();
				read = open.read(bytes, offset, (int) Math.min(count, end() - this.position));
				if (read < 0 && this.object.size() < 0) {
					break;
				}
			}
			catch (IOException ex) {
				failure = ex;
			}
			this.position += Math.max(read, 0);
			requirePace(Math.max(read, 0), this.reader.nanoTime() - askedAt);
			if (read > 0) {
				this.reader.answered();
				return read;
			}
			failed((failure != null) ? failure : new IOException("the connection ended early"));
		}
		this.reader.answered();
		return -1;
	}

	private void requirePace(int count, long nanos) throws IOException {
		ReadPace.Verdict verdict = this.pace.read(count, nanos);
		if (verdict == ReadPace.Verdict.GETS_ON) {
			this.failures = 0;
		}
		else if (verdict == ReadPace.Verdict.TOO_SLOW) {
			drop();
			throw new IOException("reading %s: the store delivers hardly anything (%s); check the network and the store"
				.formatted(describe(), this.pace));
		}
	}

	private long end() {
		return (this.object.size() >= 0) ? Math.min(this.to, this.object.size()) : this.to;
	}

	/**
	 * Opens it where it was left, if it is not open.
	 * @throws IOException as {@link ObjectStore#open} has it
	 */
	StallGuard.Watched connect() throws IOException {
		StallGuard.Watched open = this.connection;
		if (open != null) {
			return open;
		}
		OpenedObject opened = this.reader.store().open(this.object, this.position, this.to);
		StoredObject now = opened.object();
		if (this.known && now.size() != this.object.size()) {
			opened.close();
			throw new ObjectReplacedException("%s was replaced while it was read; try again".formatted(describe()),
					null);
		}
		this.object = now;
		this.known = true;
		open = this.reader.guard().watch(opened);
		this.connection = open;
		return open;
	}

	/** Lets the connection go; throws if that is to be the end. */
	private void failed(IOException failure) throws IOException {
		drop();
		if (Thread.currentThread().isInterrupted()) {
			throw interrupted();
		}
		if (failure instanceof NoSuchFileException || failure instanceof ObjectReplacedException
				|| failure instanceof ArchivedObjectException) {
			throw failure;
		}
		this.failures++;
		long pause = this.reader.pauseMillis(this.failures);
		if (pause < 0) {
			throw (this.position == this.from) ? failure : new IOException(
					"reading %s broke off after %d of %d bytes, %d times in a row (%s); check the network, and try again"
						.formatted(describe(), this.position, this.object.size(), this.failures, failure.getMessage()),
					failure);
		}
		logger.debug("Reading {} failed at byte {}, trying again", this.object.name(), this.position, failure);
		try {
			TimeUnit.MILLISECONDS.sleep(pause);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw interrupted();
		}
	}

	private InterruptedIOException interrupted() {
		return new InterruptedIOException("reading %s was interrupted".formatted(describe()));
	}

	private void drop() {
		StallGuard.Watched open = this.connection;
		this.connection = null;
		if (open != null) {
			open.end();
		}
	}

	/** Skips without reading, where there is much to skip. */
	@Override
	public long skip(long count) throws IOException {
		if (count < SHORT_SKIP) {
			return super.skip(count);
		}
		opened();
		if (this.object.size() < 0) {
			return super.skip(count);
		}
		long skipped = Math.min(count, Math.max(end() - this.position, 0));
		drop();
		this.position += skipped;
		return skipped;
	}

	private String describe() {
		return this.reader.describe(this.object);
	}

	@Override
	public void close() {
		drop();
	}

}
