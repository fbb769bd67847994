package org.litestream4j.replica;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * One object on its way to the store, of a length not known before. What fits one part is
 * one PUT; more is a multipart upload. Holds one part in memory. Nothing becomes visible
 * before {@link #finish()}: closing the stream does nothing, since a stream is closed
 * after a failure too. Not thread-safe.
 */
final class S3ObjectWriter extends OutputStream {

	private static final int FIRST_BUFFER = 64 << 10;

	private final S3Client client;

	private final S3Requests requests;

	private final S3LeftUploads uploads;

	private final S3Errors errors;

	private final Target target;

	private final S3PartSizes partSizes;

	private final List<CompletedPart> parts = new ArrayList<>();

	private byte[] buffer = new byte[FIRST_BUFFER];

	private int buffered;

	private long written;

	private @Nullable String uploadId;

	/**
	 * What is written.
	 *
	 * @param name below the replica's path
	 * @param committedAt kept with the object
	 * @param storageClass null for the bucket's own
	 */
	record Target(String name, Instant committedAt, @Nullable String storageClass) {
	}

	/**
	 * What was stored.
	 *
	 * @param size bytes
	 * @param http the answer, for the store's own time
	 */
	record Stored(long size, SdkHttpResponse http) {
	}

	S3ObjectWriter(S3Client client, S3Requests requests, S3LeftUploads uploads, S3Errors errors, long partSize,
			Target target) {
		this.uploads = uploads;
		this.client = client;
		this.requests = requests;
		this.errors = errors;
		this.partSizes = new S3PartSizes(partSize);
		this.target = target;
	}

	@Override
	public void write(int b) throws IOException {
		write(new byte[] { (byte) b }, 0, 1);
	}

	@Override
	public void write(byte[] bytes, int offset, int length) throws IOException {
		int from = offset;
		int end = offset + length;
		while (from < end) {
			int partSize = this.partSizes.ofPart(this.parts.size() + 1);
			if (this.buffered == partSize) {
				uploadPart();
				continue;
			}
			int count = Math.min(end - from, partSize - this.buffered);
			makeRoom(count, partSize);
			System.arraycopy(bytes, from, this.buffer, this.buffered, count);
			this.buffered += count;
			this.written += count;
			from += count;
		}
	}

	private void makeRoom(int count, int partSize) {
		int needed = this.buffered + count;
		if (needed > this.buffer.length) {
			this.buffer = Arrays.copyOf(this.buffer, Math.min(partSize, Math.max(needed, this.buffer.length * 2)));
		}
	}

	/** Makes the object visible. */
	Stored finish() throws IOException {
		if (this.uploadId == null) {
			PutObjectResponse answer = call(() -> this.client.putObject(this.requests.put(this.target.name(),
					this.target.committedAt(), this.target.storageClass(), md5(), this.buffered), body()));
			required("an ETag", answer.eTag());
			return new Stored(this.written, answer.sdkHttpResponse());
		}
		if (this.buffered > 0) {
			uploadPart();
		}
		SdkHttpResponse http = complete(this.uploadId);
		this.uploads.ended(this.uploadId);
		return new Stored(this.written, http);
	}

	private void uploadPart() throws IOException {
		if (this.uploadId == null) {
			this.uploadId = required("an upload id",
					call(() -> this.client
						.createMultipartUpload(this.requests.createUpload(this.target.name(), this.target.committedAt(),
								this.target.storageClass()))
						.uploadId()));
		}
		String id = this.uploadId;
		this.uploads.begun(id);
		int number = this.parts.size() + 1;
		String tag = required("an ETag",
				call(() -> this.client
					.uploadPart(this.requests.part(this.target.name(), id, number, md5(), this.buffered), body())
					.eTag()));
		this.parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
		this.buffered = 0;
	}

	private SdkHttpResponse complete(String id) throws IOException {
		try {
			CompleteMultipartUploadResponse answer = this.client
				.completeMultipartUpload(this.requests.completeUpload(this.target.name(), id, this.parts)); // commit
			required("an ETag", answer.eTag());
			return answer.sdkHttpResponse();
		}
		catch (NoSuchUploadException ex) {
			return completedBefore(ex);
		}
		catch (SdkException ex) {
			throw this.errors.translate(S3Action.WRITE, this.target.name(), ex);
		}
	}

	/**
	 * When the answer to the first attempt was lost, the client's own retry is told that
	 * there is no such upload any more, although the object is there.
	 */
	private SdkHttpResponse completedBefore(NoSuchUploadException cause) throws IOException {
		HeadObjectResponse head;
		try {
			head = this.client.headObject(this.requests.head(this.target.name()));
		}
		catch (SdkException ex) {
			cause.addSuppressed(ex);
			throw this.errors.translate(S3Action.WRITE, this.target.name(), cause);
		}
		if (!Long.valueOf(this.written).equals(head.contentLength())) {
			throw this.errors.translate(S3Action.WRITE, this.target.name(), cause);
		}
		return head.sdkHttpResponse();
	}

	/**
	 * Gives up: no parts are left that would be paid for and never seen.
	 * @param failure why; hears of a failure to abort
	 */
	void abort(Throwable failure) {
		String id = this.uploadId;
		if (id == null) {
			return;
		}
		// The SDK refuses to work for an interrupted thread
		boolean interrupted = Thread.interrupted();
		try {
			this.client.abortMultipartUpload(this.requests.abortUpload(this.target.name(), id));
			this.uploads.ended(id);
			this.uploadId = null;
		}
		catch (NoSuchUploadException ex) {
			this.uploads.ended(id);
			this.uploadId = null;
		}
		catch (SdkException ex) {
			this.uploads.notAborted(this.target.name(), id);
			failure.addSuppressed(ex);
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Any web server answers 200 to an upload; only a store says what it has stored.
	 */
	private String required(String what, @Nullable String value) throws IOException {
		if (value == null || value.isBlank()) {
			throw this.errors.translate(S3Action.WRITE, this.target.name(),
					new S3AnswerException("a success without %s".formatted(what)));
		}
		return value;
	}

	private <T> T call(Supplier<T> call) throws IOException {
		return this.errors.call(S3Action.WRITE, this.target.name(), call);
	}

	/**
	 * The buffer as it is, without a copy; it does not change before the call returns.
	 */
	private RequestBody body() {
		byte[] bytes = this.buffer;
		int length = this.buffered;
		return RequestBody.fromContentProvider(() -> new ByteArrayInputStream(bytes, 0, length), length,
				"application/octet-stream");
	}

	private String md5() {
		try {
			MessageDigest digest = MessageDigest.getInstance("MD5");
			digest.update(this.buffer, 0, this.buffered);
			return Base64.getEncoder().encodeToString(digest.digest());
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every Java platform has MD5", ex);
		}
	}

}
