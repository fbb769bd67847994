package org.litestream4j.replica;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * An object, or a range of it, as a stream that outlives its connections: when one
 * breaks, reading goes on where it stopped, as long as the object is still the same. Not
 * thread-safe.
 */
final class S3ResumingInputStream extends InputStream {

	/** Broken connections in a row, with hardly a byte between them, before giving up. */
	private static final int MAX_ATTEMPTS = 5;

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	/** Skipping fewer bytes than this is faster by reading them. */
	private static final long SHORT_SKIP = 256 << 10;

	private final S3ObjectSource source;

	private final String eTag;

	private final long objectLength;

	/** Behind the last byte. */
	private final long end;

	/** Null between two connections. */
	@Nullable private ResponseInputStream<GetObjectResponse> body;

	private long position;

	private int failures;

	private final S3Pace pace = new S3Pace();

	/**
	 * Opens a range.
	 * @param from the first byte
	 * @param to behind the last byte, or {@link S3ObjectSource#END}; cut at the object's
	 * end
	 * @param eTag the version that is wanted, or null for any
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	S3ResumingInputStream(S3ObjectSource source, long from, long to, @Nullable String eTag) throws IOException {
		this.source = source;
		S3ObjectSource.Opened opened;
		try {
			opened = source.open(from, to, eTag);
		}
		catch (AwsServiceException ex) {
			throw refused(ex);
		}
		catch (SdkException ex) {
			throw source.translate(ex);
		}
		this.body = opened.body();
		this.eTag = opened.eTag();
		this.objectLength = opened.length();
		this.position = from;
		this.end = Math.min(to, opened.length());
	}

	/** Which version of the object is read. */
	String eTag() {
		return this.eTag;
	}

	/** Bytes of the whole object. */
	long objectLength() {
		return this.objectLength;
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
		while (this.position < this.end) {
			try {
				ResponseInputStream<GetObjectResponse> open = (this.body != null) ? this.body : reopen();
				long askedAt = System.nanoTime();
				int read = open.read(bytes, offset, (int) Math.min(count, this.end - this.position));
				if (read > 0) {
					this.position += read;
					received(read, System.nanoTime() - askedAt);
					return read;
				}
				failed(new IOException("the connection ended early"));
			}
			catch (AwsServiceException ex) {
				if (ex.statusCode() < 500 && ex.statusCode() != 429) {
					throw refused(ex);
				}
				failed(this.source.translate(ex));
			}
			catch (SdkException ex) {
				failed(this.source.translate(ex));
			}
			catch (TooSlowException ex) {
				throw ex;
			}
			catch (IOException ex) {
				failed(ex);
			}
		}
		return -1;
	}

	private void received(int count, long nanos) throws TooSlowException {
		S3Pace.Verdict verdict = this.pace.read(count, nanos);
		if (verdict == S3Pace.Verdict.GETS_ON) {
			this.failures = 0;
		}
		else if (verdict == S3Pace.Verdict.TOO_SLOW) {
			drop();
			throw new TooSlowException(
					"reading %s: the store delivers hardly anything (%s); check the network and the store"
						.formatted(this.source, this.pace));
		}
	}

	private ResponseInputStream<GetObjectResponse> reopen() throws IOException {
		long to = (this.end < this.objectLength) ? this.end : S3ObjectSource.END;
		ResponseInputStream<GetObjectResponse> open = this.source.open(this.position, to, this.eTag).body();
		this.body = open;
		return open;
	}

	private IOException refused(AwsServiceException ex) {
		return (ex.statusCode() == 412)
				? new IOException("%s was replaced while it was read; try again".formatted(this.source), ex)
				: this.source.translate(ex);
	}

	/** Lets the connection go; throws if that has happened too often. */
	private void failed(IOException failure) throws IOException {
		drop();
		this.failures++;
		if (this.failures >= MAX_ATTEMPTS) {
			throw new IOException("reading %s broke off after %d of %d bytes, %d times in a row (%s); "
				.formatted(this.source, this.position, this.objectLength, this.failures, failure.getMessage())
					+ "check the network, and try again", failure);
		}
		try {
			Thread.sleep(FIRST_PAUSE.toMillis() << (this.failures - 1));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("reading %s was interrupted".formatted(this.source));
		}
	}

	private void drop() {
		if (this.body != null) {
			this.body.abort();
			this.body = null;
		}
	}

	/** Skips without reading, where there is much to skip. */
	@Override
	public long skip(long count) throws IOException {
		if (count < SHORT_SKIP) {
			return super.skip(count);
		}
		drop();
		long skipped = Math.min(count, this.end - this.position);
		this.position += skipped;
		return skipped;
	}

	/** Drops the connection if there is more to come, rather than reading it all. */
	@Override
	public void close() throws IOException {
		if (this.position < this.end) {
			drop();
		}
		else if (this.body != null) {
			this.body.close();
		}
	}

	private static final class TooSlowException extends IOException {

		private static final long serialVersionUID = 1L;

		TooSlowException(String message) {
			super(message);
		}

	}

}
