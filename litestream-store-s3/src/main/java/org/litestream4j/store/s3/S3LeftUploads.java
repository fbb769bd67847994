package org.litestream4j.store.s3;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;

/**
 * Aborts multipart uploads that nobody will complete, as their parts are paid for and
 * never seen: those whose abort has failed here, and those of a process that was killed.
 * The latter are told by their name, which must be one that whoever writes objects gives
 * to them, and by their age on the store's own clock: what began within a day may be
 * another writer's, which is still at it. All of this is housekeeping, so a failure is
 * not one of the write. Thread-safe.
 */
final class S3LeftUploads {

	static final Duration OLD = Duration.ofDays(1);

	private static final Duration PAUSE = Duration.ofHours(1);

	/* Of 1,000 uploads each; the rest is for the next time. */
	private static final int MAX_PAGES = 10;

	private static final Logger logger = LoggerFactory.getLogger(S3LeftUploads.class);

	private final S3Client client;

	private final S3Location location;

	private final S3Requests requests;

	private final Clock clock;

	/** Ids of those being written here. */
	private final Set<String> open = ConcurrentHashMap.newKeySet();

	/** Names by the ids of those whose abort has failed. */
	private final Map<String, String> failed = new ConcurrentHashMap<>();

	private Instant next = Instant.MIN;

	S3LeftUploads(S3Client client, S3Location location, S3Requests requests, Clock clock) {
		this.client = client;
		this.location = location;
		this.requests = requests;
		this.clock = clock;
	}

	void begun(String id) {
		this.open.add(id);
	}

	void ended(String id) {
		this.open.remove(id);
	}

	void notAborted(String name, String id) {
		this.open.remove(id);
		this.failed.put(id, name);
	}

	/**
	 * Aborts what is left, at most once an hour. Never throws for a store's failure.
	 * @param directory below which to look
	 * @param own whether a name is one that objects are given
	 */
	void abort(String directory, Predicate<String> own) {
		if (!isDue()) {
			return;
		}
		try {
			this.failed.forEach((id, name) -> abort(name, id));
			abortOld(directory, own);
		}
		catch (RuntimeException ex) {
			logger.debug("Replica {}: uploads that are left over cannot be listed or aborted", this.location.url(), ex);
		}
	}

	private synchronized boolean isDue() {
		Instant now = this.clock.instant();
		if (now.isBefore(this.next)) {
			return false;
		}
		this.next = now.plus(PAUSE);
		return true;
	}

	private void abortOld(String directory, Predicate<String> own) {
		String key = null;
		String id = null;
		for (int page = 0; page < MAX_PAGES; page++) {
			ListMultipartUploadsResponse answer = this.client
				.listMultipartUploads(this.requests.uploads(directory, key, id));
			Optional<Instant> now = S3Clock.date(answer.sdkHttpResponse());
			if (now.isPresent()) {
				Instant before = now.get().minus(OLD);
				answer.uploads().forEach((upload) -> abortIfOld(upload, before, own));
			}
			key = answer.nextKeyMarker();
			id = answer.nextUploadIdMarker();
			if (now.isEmpty() || !Boolean.TRUE.equals(answer.isTruncated()) || key == null) {
				return;
			}
		}
	}

	private void abortIfOld(MultipartUpload upload, Instant before, Predicate<String> own) {
		String id = upload.uploadId();
		if (id == null || upload.key() == null || upload.initiated() == null || this.open.contains(id)) {
			return;
		}
		if (upload.initiated().isBefore(before) && upload.key().startsWith(this.location.prefix())) {
			String name = upload.key().substring(this.location.prefix().length());
			if (own.test(name)) {
				logger.info("Replica {}: aborting the upload of {} that began {} and was never completed",
						this.location.url(), name, upload.initiated());
				abort(name, id);
			}
		}
	}

	private void abort(String name, String id) {
		try {
			this.client.abortMultipartUpload(this.requests.abortUpload(name, id));
		}
		catch (NoSuchUploadException ex) {
			logger.debug("The upload of {} is gone already", name, ex);
		}
		this.failed.remove(id);
	}

}
