package org.litestream4j.store.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;

/**
 * One object on its way to the store, of a length not known before. What fits one part is
 * one PUT; more is a multipart upload. Holds one part in memory. Nothing becomes visible
 * before {@link #finish()}: closing the stream does nothing, since a stream is closed
 * after a failure too. Not thread-safe.
 */
final class S3ObjectWriter extends OutputStream {

	private static final int FIRST_BUFFER = 64 << 10;

	/** What stores say of a header that they do not know; not all with status 501. */
	private static final Set<String> NO_CONDITIONS = Set.of("NotImplemented", "UnsupportedHeader", "InvalidArgument",
			"InvalidRequest");

	/** How often is looked for an object that may just be completed. */
	private static final int LOOKS = 7;

	/** After the first look; twice as long after each further one. */
	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private final S3Client client;

	private final S3Requests requests;

	private final S3LeftUploads uploads;

	private final S3Errors errors;

	private final NewObject object;

	private final S3PartSizes partSizes;

	private final List<CompletedPart> parts = new ArrayList<>();

	private byte[] buffer = new byte[FIRST_BUFFER];

	private int buffered;

	private long written;

	private @Nullable String uploadId;

	/**
	 * What was stored.
	 *
	 * @param size bytes
	 * @param eTag names this version
	 * @param http the answer, for the store's own time
	 */
	record Stored(long size, String eTag, SdkHttpResponse http) {
	}

	S3ObjectWriter(S3Client client, S3Requests requests, S3LeftUploads uploads, S3Errors errors, long partSize,
			NewObject object) {
		this.uploads = uploads;
		this.client = client;
		this.requests = requests;
		this.errors = errors;
		this.partSizes = new S3PartSizes(partSize);
		this.object = object;
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
			PutObjectResponse answer = store(
					() -> this.client.putObject(this.requests.put(this.object, md5(), this.buffered), body()));
			return new Stored(this.written, required("an ETag", answer.eTag()), answer.sdkHttpResponse());
		}
		if (this.buffered > 0) {
			uploadPart();
		}
		Stored stored = complete(this.uploadId);
		this.uploads.ended(this.uploadId);
		return stored;
	}

	private void uploadPart() throws IOException {
		if (this.uploadId == null) {
			this.uploadId = required("an upload id",
					call(() -> this.client.createMultipartUpload(this.requests.createUpload(this.object)).uploadId()));
		}
		String id = this.uploadId;
		this.uploads.begun(id);
		int number = this.parts.size() + 1;
		String tag = required("an ETag",
				call(() -> this.client
					.uploadPart(this.requests.part(this.object.name(), id, number, md5(), this.buffered), body())
					.eTag()));
		this.parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
		this.buffered = 0;
	}

	private Stored complete(String id) throws IOException {
		try {
			CompleteMultipartUploadResponse answer = store(() -> this.client
				.completeMultipartUpload(this.requests.completeUpload(this.object, id, this.parts))); // commit
			return new Stored(this.written, required("an ETag", answer.eTag()), answer.sdkHttpResponse());
		}
		catch (UploadGoneException ex) {
			return completedBefore(ex.answer);
		}
	}

	/**
	 * When the answer to the first attempt was lost, the client's own retry is told that
	 * there is no such upload any more, although the object is there; or that a part is
	 * missing, as the store still carries out the first one, so it is looked for the
	 * object more than once. On a precondition that is not enough: the upload may be gone
	 * for another reason, and the object another one's. Whose it is, the caller finds
	 * out.
	 */
	private Stored completedBefore(AwsServiceException cause) throws IOException {
		int looks = isRepeated(cause) ? LOOKS : 1;
		long pause = FIRST_PAUSE.toMillis();
		for (int look = 1; look <= looks; look++) {
			if (look > 1) {
				pause(pause);
				pause *= 2;
			}
			HeadObjectResponse head = head(cause);
			if (head != null && !(this.object.precondition() instanceof Precondition.None)) {
				throw failed("an upload that was to store it is gone, and there is such an object", cause);
			}
			if (head != null && isAsSent(head)) {
				return new Stored(this.written, required("an ETag", head.eTag()), head.sdkHttpResponse());
			}
		}
		throw this.errors.translate(S3Action.WRITE, this.object.name(), cause);
	}

	/** Null if there is no object, or at least the store does not say so now. */
	private @Nullable HeadObjectResponse head(AwsServiceException cause) throws IOException {
		try {
			HeadObjectResponse head = this.client.headObject(this.requests.head(this.object.name()));
			boolean old = this.object.precondition() instanceof Precondition.Unchanged unchanged
					&& unchanged.tag().equals(head.eTag());
			return old ? null : head;
		}
		catch (AbortedException ex) {
			throw this.errors.translate(S3Action.WRITE, this.object.name(), ex);
		}
		catch (SdkException ex) {
			cause.addSuppressed(ex);
			return null;
		}
	}

	/** Whether an object is what was sent, and none that was to be replaced by it. */
	private boolean isAsSent(HeadObjectResponse head) {
		Map<String, String> metadata = new HashMap<>();
		head.metadata().forEach((key, value) -> metadata.put(key.toLowerCase(Locale.ROOT), value));
		return Long.valueOf(this.written).equals(head.contentLength())
				&& metadata.entrySet().containsAll(this.object.metadata().entrySet());
	}

	private void pause(long millis) throws InterruptedIOException {
		try {
			Thread.sleep(millis);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("write %s of replica %s was interrupted".formatted(this.object.name(),
					this.errors.location().url()));
		}
	}

	/**
	 * Makes the request that makes the object visible, and on which the store decides the
	 * precondition.
	 */
	private <T> T store(Supplier<T> call) throws IOException {
		try {
			return call.get();
		}
		catch (AwsServiceException ex) {
			if (isUploadGone(ex)) {
				throw new UploadGoneException(ex);
			}
			if (this.object.precondition() instanceof Precondition.None) {
				throw this.errors.translate(S3Action.WRITE, this.object.name(), ex);
			}
			throw refused(ex);
		}
		catch (SdkException ex) {
			throw this.errors.translate(S3Action.WRITE, this.object.name(), ex);
		}
	}

	/** A part that is missing the first time was lost. */
	private static boolean isUploadGone(AwsServiceException ex) {
		String code = S3Errors.code(ex);
		return code.equals("NoSuchUpload") || (code.equals("InvalidPart") && isRepeated(ex));
	}

	/** Whether the request was sent before, and may have been carried out. */
	private static boolean isRepeated(AwsServiceException ex) {
		Integer attempts = ex.numAttempts();
		return attempts != null && attempts > 1;
	}

	private IOException refused(AwsServiceException ex) {
		IOException failure = this.errors.translate(S3Action.WRITE, this.object.name(), ex);
		boolean unchanged = this.object.precondition() instanceof Precondition.Unchanged;
		String code = S3Errors.code(ex);
		if (ex.statusCode() == 412 || code.equals("PreconditionFailed")) {
			return failed(unchanged ? "the object has been replaced or deleted" : "there is such an object already",
					failure);
		}
		if (unchanged && ex.statusCode() == 404 && code.equals("NoSuchKey")) {
			return failed("the object has been deleted", failure);
		}
		if (ex.statusCode() == 409 || code.equals("ConditionalRequestConflict")) {
			return new ConflictException(failure);
		}
		return (ex.statusCode() == 501 || NO_CONDITIONS.contains(code)) ? new NoConditionsException(failure) : failure;
	}

	private PreconditionFailedException failed(String why, Throwable cause) {
		return new PreconditionFailedException(
				"%s of replica %s was not stored: %s".formatted(this.object.name(), this.errors.location().url(), why),
				cause);
	}

	/** The store could not decide, as another writer was at the same name. */
	static final class ConflictException extends IOException {

		private static final long serialVersionUID = 1L;

		ConflictException(IOException cause) {
			super(cause.getMessage(), cause);
		}

	}

	/** The store knows no preconditions. */
	static final class NoConditionsException extends IOException {

		private static final long serialVersionUID = 1L;

		NoConditionsException(IOException cause) {
			super(cause.getMessage(), cause);
		}

	}

	/** There is no such upload, or not any more, or not all of it. */
	private static final class UploadGoneException extends IOException {

		private static final long serialVersionUID = 1L;

		private final transient AwsServiceException answer;

		UploadGoneException(AwsServiceException answer) {
			super(answer);
			this.answer = answer;
		}

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
			this.client.abortMultipartUpload(this.requests.abortUpload(this.object.name(), id));
			this.uploads.ended(id);
			this.uploadId = null;
		}
		catch (NoSuchUploadException ex) {
			this.uploads.ended(id);
			this.uploadId = null;
		}
		catch (SdkException ex) {
			this.uploads.notAborted(this.object.name(), id);
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
			throw this.errors.translate(S3Action.WRITE, this.object.name(),
					new S3AnswerException("a success without %s".formatted(what)));
		}
		return value;
	}

	private <T> T call(Supplier<T> call) throws IOException {
		return this.errors.call(S3Action.WRITE, this.object.name(), call);
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
