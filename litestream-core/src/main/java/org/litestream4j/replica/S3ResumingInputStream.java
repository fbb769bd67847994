package org.litestream4j.replica;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;

import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * An object as a stream that outlives its connections: when one breaks, reading goes on
 * where it stopped, as long as the object is still the same. Not thread-safe.
 */
final class S3ResumingInputStream extends InputStream {

	/** Broken connections in a row, without a byte between them, before giving up. */
	private static final int MAX_ATTEMPTS = 5;

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private final S3Client client;

	private final S3Location location;

	private final S3Errors errors;

	private final String name;

	private final String eTag;

	private final long length;

	private ResponseInputStream<GetObjectResponse> body;

	private long position;

	private int failures;

	/**
	 * Opens an object.
	 * @throws java.nio.file.NoSuchFileException if it is gone
	 */
	S3ResumingInputStream(S3Client client, S3Location location, S3Errors errors, String name) throws IOException {
		this.client = client;
		this.location = location;
		this.errors = errors;
		this.name = name;
		this.body = errors.call(S3Action.READ, name, () -> client.getObject(request().build()));
		this.eTag = this.body.response().eTag();
		this.length = this.body.response().contentLength();
	}

	private GetObjectRequest.Builder request() {
		return GetObjectRequest.builder().bucket(this.location.bucket()).key(this.location.key(this.name));
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
		while (this.position < this.length) {
			try {
				int read = this.body.read(bytes, offset, (int) Math.min(count, this.length - this.position));
				if (read > 0) {
					this.position += read;
					this.failures = 0;
					return read;
				}
				resume(new IOException("the connection ended early"));
			}
			catch (SdkException ex) {
				resume(this.errors.translate(S3Action.READ, this.name, ex));
			}
			catch (IOException ex) {
				resume(ex);
			}
		}
		return -1;
	}

	/** Opens the rest of the object, or throws if that failed too often. */
	private void resume(IOException failure) throws IOException {
		IOException last = failure;
		while (true) {
			this.body.abort();
			this.failures++;
			if (this.failures >= MAX_ATTEMPTS) {
				throw brokenOff(last);
			}
			pause();
			try {
				reopen();
				return;
			}
			catch (AwsServiceException ex) {
				last = (ex.statusCode() == 412) ? replaced(ex) : this.errors.translate(S3Action.READ, this.name, ex);
				if (ex.statusCode() < 500 && ex.statusCode() != 429) {
					throw last;
				}
			}
			catch (SdkException ex) {
				last = this.errors.translate(S3Action.READ, this.name, ex);
			}
			catch (IOException ex) {
				last = ex;
			}
		}
	}

	private void reopen() throws IOException {
		this.body = this.client
			.getObject(request().range("bytes=%d-".formatted(this.position)).ifMatch(this.eTag).build());
		if (this.body.response().contentRange() == null) {
			this.body.skipNBytes(this.position); // a store that does not know ranges
		}
	}

	private IOException brokenOff(IOException last) {
		return new IOException("reading %s of replica %s broke off after %d of %d bytes, %d times in a row (%s); "
			.formatted(this.name, this.location.url(), this.position, this.length, this.failures, last.getMessage())
				+ "check the network, and try again", last);
	}

	private IOException replaced(SdkException ex) {
		return new IOException(
				"%s of replica %s was replaced while it was read; try again".formatted(this.name, this.location.url()),
				ex);
	}

	private void pause() throws IOException {
		try {
			Thread.sleep(FIRST_PAUSE.toMillis() << (this.failures - 1));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("reading %s was interrupted".formatted(this.name));
		}
	}

	/** Drops the connection if there is more to come, rather than reading it all. */
	@Override
	public void close() throws IOException {
		if (this.position < this.length) {
			this.body.abort();
			return;
		}
		this.body.close();
	}

}
