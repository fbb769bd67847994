package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

import org.litestream4j.store.ObjectReplacedException;

/**
 * What one connection delivers of an object. Closing it before its end drops the
 * connection, rather than reading all that is left. Read by one thread; any may close it.
 */
final class S3ObjectStream extends InputStream {

	private final S3ObjectSource source;

	private final ResponseInputStream<GetObjectResponse> body;

	private final String eTag;

	private final long objectLength;

	private volatile long left;

	private volatile boolean closed;

	private S3ObjectStream(S3ObjectSource source, S3ObjectSource.Opened opened, long left) {
		this.source = source;
		this.body = opened.body();
		this.eTag = opened.eTag();
		this.objectLength = opened.length();
		this.left = left;
	}

	/**
	 * Opens a range.
	 * @param from the first byte
	 * @param to after the last byte, or {@link S3ObjectSource#END}; cut at the object's
	 * end
	 * @param eTag the version that is wanted, or null for any
	 * @return null if the range begins after the object's end
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	static @Nullable S3ObjectStream open(S3ObjectSource source, long from, long to, @Nullable String eTag)
			throws IOException {
		try {
			S3ObjectSource.Opened opened = source.open(from, to, eTag);
			return new S3ObjectStream(source, opened, Math.max(Math.min(to, opened.length()) - from, 0));
		}
		catch (AwsServiceException ex) {
			if (ex.statusCode() == 416) {
				return null;
			}
			throw (ex.statusCode() == 412)
					? new ObjectReplacedException("%s was replaced while it was read; try again".formatted(source), ex)
					: source.translate(ex);
		}
		catch (SdkException ex) {
			throw source.translate(ex);
		}
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
	@SuppressWarnings("NonAtomicVolatileUpdate") // by one thread only
	public int read(byte[] bytes, int offset, int count) throws IOException {
		if (this.left == 0 && count > 0) {
			return -1;
		}
		int read;
		try {
			read = this.closed ? -1 : this.body.read(bytes, offset, (int) Math.min(count, this.left));
		}
		catch (IOException | RuntimeException ex) {
			if (this.closed) {
				throw closed(ex);
			}
			if (ex instanceof SdkException failure) {
				throw this.source.translate(failure);
			}
			throw ex;
		}
		if (this.closed) {
			// What an aborted connection ends with is no end of the object
			throw closed(null);
		}
		this.left -= Math.max(read, 0);
		return read;
	}

	private IOException closed(@Nullable Exception cause) {
		return new IOException("%s is not read to its end: the stream is closed".formatted(this.source), cause);
	}

	@Override
	public void close() throws IOException {
		this.closed = true;
		if (this.left > 0) {
			this.body.abort();
		}
		else {
			this.body.close();
		}
	}

}
